/**
 * What the Vers platform answers, byte for byte as far as it is known. The simulator answers with these and the tests of
 * the client read these: one that disagrees with the platform is mended here, for both.
 *
 * `seen` of an error: the whole answer was observed (`whole`), or its status and kind of body (`shape`; the words are
 * modelled), or operators told of it (`told`).
 */

export type Kind = "application/json" | "text/plain; charset=utf-8" | "none";

/** One answer: a kind of `none` is an answer without a content type, which the gateway gives. */
export interface Answer {
	readonly status: number;
	readonly kind: Kind;
	readonly body: string;
	/** Seconds of a `retry-after` header. */
	readonly retryAfter?: number;
}

export interface KnownError extends Answer {
	readonly seen: "whole" | "shape" | "told";
}

const PLAIN = "text/plain; charset=utf-8";
const JSON_KIND = "application/json";

const text = (status: number, body: string, seen: KnownError["seen"], kind: Kind = PLAIN): KnownError => ({
	status,
	kind,
	body,
	seen,
});

const envelope = (status: number, error: string, seen: KnownError["seen"] = "shape"): KnownError => ({
	status,
	kind: JSON_KIND,
	body: JSON.stringify({ error, success: false }),
	seen,
});

/** 404 of branch/by_vm and by_ref: without `success`, so that a reader who is not careful sees an empty success. */
const hybrid = (error: string): KnownError => ({
	status: 404,
	kind: JSON_KIND,
	body: JSON.stringify({ vms: [], error }),
	seen: "shape",
});

/** The words of a capacity refusal, as operators report them. */
export const NETLINK = "netlink error: Address in use (os error 98)";
export const NO_SPACE = "No space left on device (os error 28)";

export const errors = {
	badId: (part: string) => text(400, `Invalid URL: Cannot parse \`${part}\` to a \`Uuid\``, "shape", "none"),
	notJson: text(400, "Failed to parse the request body as JSON: EOF while parsing a value at line 1 column 0", "shape"),
	/** None or several of `commit_id`, `tag_name`, `ref`: it says JSON and means the keys. */
	badUnion: text(
		400,
		"Failed to parse the request body as JSON: invalid value, expected map with a single key",
		"shape",
	),
	invalid: (reason: string) => envelope(400, reason),
	/** 13 bytes from the gateway, without a content type; the specification says 401. */
	noKey: text(403, "403 Forbidden", "whole", "none"),
	/** DELETE of a VM that is gone or somebody else's: not 404. */
	deleteForbidden: envelope(403, "Forbidden", "whole"),
	notFound: envelope(404, "not found"),
	commitNotFound: envelope(404, "commit not found"),
	tagNotFound: envelope(404, "tag not found"),
	repositoryNotFound: envelope(404, "repository not found"),
	branchVmNotFound: hybrid("vm not found"),
	branchRefNotFound: hybrid("reference not found"),
	duplicate: (what: string) => envelope(409, `${what} already exists`),
	commitInUse: (count: number) => envelope(409, `commit still has ${count} active VM(s)`, "whole"),
	deletePaused: (status: number) => envelope(status, "cannot delete a paused VM"),
	wrongType: (words: string) =>
		text(422, `Failed to deserialize the JSON body into the target type: ${words}`, "shape"),
	capacity: envelope(500, NETLINK, "told"),
	deleteFailed: envelope(500, "failed to remove volume: device or resource busy (os error 16)", "shape"),
	diskFull: envelope(500, NO_SPACE, "shape"),
	internalText: text(500, "called `Result::unwrap()` on an `Err` value: Os { code: 98, kind: AddrInUse }", "shape"),
	internalJson: envelope(500, "called `Result::unwrap()` on an `Err` value: RecvError(())"),
	internalEmpty: { status: 500, kind: JSON_KIND, body: "{}", seen: "shape" } satisfies KnownError,
	tooMany: { ...text(429, "Too Many Requests", "shape"), retryAfter: 1 } satisfies KnownError,
	/** Of a sandbox's egress proxy, not of Vers; passes. */
	proxy: text(503, "DNS cache overflow", "whole"),
} as const;

/** Fields of every success body: those in `may` can be absent. */
export const shapes = {
	vm: { must: ["vm_id", "owner_id", "state", "created_at"], may: ["labels"] },
	metadata: {
		must: ["vm_id", "owner_id", "state", "ip", "parent_commit_id", "grandparent_vm_id", "created_at", "deleted_at"],
		may: [],
	},
	made: { must: ["vm_id"], may: [] },
	branched: { must: ["vms"], may: [] },
	committed: { must: ["commit_id"], may: [] },
	key: { must: ["ssh_port", "ssh_private_key"], may: [] },
	executed: { must: ["exit_code", "stdout", "stderr"], may: ["exec_id"] },
	logs: { must: ["entries", "next_offset", "eof"], may: [] },
	commit: {
		must: ["commit_id", "name", "owner_id", "is_public", "created_at"],
		may: ["description", "parent_vm_id", "grandparent_commit_id"],
	},
	parent: {
		must: ["id", "owner_id", "name", "created_at", "is_public"],
		may: ["description", "parent_vm_id", "grandparent_commit_id"],
	},
	commitPage: { must: ["commits"], may: ["total", "limit", "offset"] },
	tag: { must: ["tag_id", "tag_name", "commit_id"], may: ["description"] },
	repository: { must: ["repo_id", "name", "is_public", "created_at"], may: ["description"] },
	repositoryMade: { must: ["repo_id", "name"], may: [] },
	repositoryTagMade: { must: ["tag_id", "commit_id", "reference"], may: [] },
	variables: { must: ["vars"], may: [] },
} as const;

/** Success codes that are easily guessed wrong. */
export const codes = { created: 201, deletedVm: 200, deletedOther: 204, state: 200, disk: 200 } as const;

/** A key has the owner's id (36 characters, no secret) before 64 hexadecimal ones. */
export const OWNER = "6f1c2a9e-3b58-4c7d-9e10-2d4f6a8b0c1e";
export const OTHER_OWNER = "b20d7e44-91aa-4f0c-8c3b-5e6f70819203";
export const API_KEY = `${OWNER}${"0123456789abcdef".repeat(4)}`;

export const json = (status: number, value: unknown): Answer => ({
	status,
	kind: JSON_KIND,
	body: JSON.stringify(value),
});

/** 200 of state, disk and file writes, 204 of deletes: no body, no content type. */
export const empty = (status: number): Answer => ({ status, kind: "none", body: "" });
