/**
 * Every write of the contract as a request that the hub takes, made from its declaration: a new operation is written,
 * killed and filled up with the others by itself. `NEEDS` says what the declaration cannot: what must be there before.
 */
import { randomBytes } from "node:crypto";
import type { AnyOperation } from "../../../src/contract/operation.ts";
import { loadModules } from "../../../src/hub/modules.ts";
import { example } from "../../../src/hub/openapi/example.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN, type Body } from "../../hub/support.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One write, ready to be sent, and sent again. */
export interface Prepared {
	readonly operation: string;
	/** Its idempotency key. */
	readonly key: string;
	readonly method: string;
	readonly path: string;
	readonly body: string | undefined;
	readonly token: string;
}

export interface Acknowledged {
	readonly sent: Prepared;
	readonly answer: Body;
}

const { handlers } = await loadModules(realWorld());

/** Not tried: one takes away what the others are counted by; one asks a host, and writes nothing of its own. */
const NOT_TRIED: ReadonlySet<string> = new Set(["feed.clear", "board.check"]);

export const WRITES: readonly AnyOperation[] = handlers
	.filter(({ type, operation }) => type === "write" && !NOT_TRIED.has(operation.name))
	.map(({ operation }) => operation);

/** Their answer holds a secret, so it is not kept under a key. */
export const UNKEYED: ReadonlySet<string> = new Set(
	handlers.flatMap((handler) => (handler.type === "write" && handler.secret === true ? [handler.operation.name] : [])),
);

export const serviceOf = (operation: string): string => operation.split(".", 1)[0] ?? operation;

type Need = (writes: Writes, mark: string) => Fields | Promise<Fields>;

const aTask =
	(field: string, more: Fields = {}): Need =>
	async (writes) => ({ [field]: (await writes.done("board.create")).id, ...more });
const aClaimed: Need = async (writes) => {
	const { id } = await writes.done("board.create");
	await writes.done("board.claim", { id });
	return { id };
};
const handedIn =
	(more: Fields = {}): Need =>
	async (writes) => {
		const { id: taskId } = await writes.done("board.create");
		await writes.done("board.artifact", { taskId });
		await writes.done("board.submit", { taskId });
		return { taskId, ...more };
	};
const aCommit: Need = async (writes) => ({ commitId: (await writes.done("commits.record")).commitId });
const aVm: Need = async (writes) => ({ id: (await writes.done("registry.register")).id });
const aReport: Need = async (writes) => ({ id: (await writes.done("reports.create")).id });
const aSkill: Need = async (writes) => ({ name: (await writes.done("skills.publish")).name });
const anExtension: Need = async (writes) => ({ name: (await writes.done("extensions.publish")).name });
const ofSomeHost: Need = (_writes, mark) => ({ host: mark });
const anIncident: Need = async (writes) => ({ id: (await writes.done("incidents.record")).id });
const aSchedule: Need = (_writes, mark) => ({ name: mark, cron: "0 0 1 1 *" });
const ofFleet: Need = (_writes, mark) => ({ fleet: mark });

/** What an operation needs besides the example of its declaration, made anew for each write. */
const NEEDS: Readonly<Record<string, Need>> = {
	"board.approve": handedIn(),
	"board.artifact": aTask("taskId"),
	"board.bump": aTask("taskId"),
	"board.claim": aTask("id"),
	"board.delete": aTask("id"),
	"board.note": aTask("taskId"),
	"board.prove": aTask("id"),
	"board.reject": handedIn(),
	"board.release": aClaimed,
	"board.renew": aClaimed,
	"board.submit": aTask("taskId"),
	"board.terms": aTask("id", { checklist: ["it holds"] }),
	"board.tick": async (writes) => {
		const { id } = await writes.done("board.create", { kind: "feature" });
		return { id };
	},
	"board.update": aTask("id", { title: "another" }),
	"board.verdict": handedIn(),
	"budgets.lift": ofFleet,
	"budgets.set": ofFleet,
	"commits.delete": aCommit,
	"commits.update": aCommit,
	"extensions.delete": anExtension,
	"extensions.update": anExtension,
	"feed.acknowledge": () => ({ upto: "0" }),
	"feed.forget": async (writes) => ({ name: (await writes.done("feed.acknowledge")).name }),
	"imports.bring": () => ({
		records: [{ kind: "log", record: { id: ulid(), timestamp: "2026-01-02T03:04:05.000Z", text: "brought" } }],
	}),
	"incidents.close": anIncident,
	"incidents.record": ofSomeHost,
	"incidents.report": async (writes) => ({ ...(await anIncident(writes, "")), publish: true }),
	"registry.delete": aVm,
	"access.end": () => ({ id: "all" }),
	"registry.heartbeat": aVm,
	"registry.update": aVm,
	"reports.delete": aReport,
	"reports.update": aReport,
	"schedules.create": aSchedule,
	"schedules.remove": async (writes) => ({ name: (await writes.done("schedules.create")).name }),
	"shares.create": aReport,
	"shares.revoke": async (writes) => ({ linkId: (await writes.done("shares.create")).linkId }),
	"skills.delete": aSkill,
	"skills.restore": async (writes) => ({ name: (await writes.done("skills.publish")).name, version: 1 }),
	"skills.update": aSkill,
	"tokens.rotate": async (writes) => ({ id: (await writes.done("tokens.mint")).token.id }),
	"tokens.register": () => ({ hash: randomBytes(32).toString("hex") }),
	"tokens.revoke": async (writes) => ({ id: (await writes.done("tokens.register")).id }),
	"transcripts.append": () => ({ lieutenant: ulid() }),
	"undeleted.confirm": async (writes) => {
		const { machine, tries } = await writes.done("undeleted.record");
		return { seen: [{ machine, tries }], listed: [] };
	},
	"undeleted.record": (_writes, mark) => ({ machine: mark, host: mark }),
};

/** Whether each write of it has to be prepared by itself. */
export const isNeedy = (operation: string): boolean => operation in NEEDS;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ulid = (): string => `01${Array.from(randomBytes(24), (byte) => ALPHABET[byte & 31]).join("")}`;

export interface Tokens {
	readonly host: string;
	/** A lieutenant, for what nobody may do to his own. */
	readonly bob: string;
}

export async function tokensOf(address: string, admin: string = ADMIN): Promise<Tokens> {
	const mint = async (role: string, name: string): Promise<string> => {
		const headers = { authorization: `Bearer ${admin}` };
		const answer = await fetch(`${address}/tokens`, { method: "POST", headers, body: JSON.stringify({ role, name }) });
		return ((await answer.json()) as Body).secret;
	};
	return { host: await mint("host", "somewhere"), bob: await mint("lieutenant", "bob") };
}

/** What a lieutenant does himself, so that another may judge it. */
const BY_BOB: ReadonlySet<string> = new Set([
	"board.artifact",
	"board.submit",
	"board.claim",
	"board.renew",
	"board.release",
]);

export class Writes {
	readonly acknowledged: Acknowledged[] = [];
	readonly #address: string;
	readonly #tokens: Tokens;
	readonly #admin: string;

	constructor(address: string, tokens: Tokens, admin: string = ADMIN) {
		this.#address = address;
		this.#tokens = tokens;
		this.#admin = admin;
	}

	/** A request whose texts are all its own; what it needs is written first. */
	async prepare(name: string, more: Fields = {}): Promise<Prepared> {
		const operation = WRITES.find((one) => one.name === name);
		if (operation === undefined) throw new Error(`there is no write ${name}`);
		const mark = `m${randomBytes(6).toString("hex")}`;
		const needs = Object.keys(more).length > 0 ? more : ((await NEEDS[name]?.(this, mark)) ?? {});
		const input: Record<string, unknown> = { ...marked(example(operation.input), mark), ...needs };
		const path = operation.path.replaceAll(/:(\w+)/g, (_all, field: string) => {
			const value = input[field] ?? mark;
			delete input[field];
			return encodeURIComponent(String(value));
		});
		const inQuery = operation.method === "DELETE";
		return {
			...{ operation: name, key: mark, method: operation.method },
			path: inQuery ? `${path}?${new URLSearchParams(input as Record<string, string>)}` : path,
			body: inQuery ? undefined : JSON.stringify(input),
			token: BY_BOB.has(name) ? this.#tokens.bob : operation.allow.includes("admin") ? this.#admin : this.#tokens.host,
		};
	}

	/** Status and body; throws when the connection breaks. What succeeds is noted. */
	async send(sent: Prepared): Promise<{ readonly status: number; readonly answer: Body }> {
		const headers = {
			...{ authorization: `Bearer ${sent.token}`, "idempotency-key": sent.key },
			...{ "x-flagship-protocol": "1", "x-flagship-version": "0.1.0" },
		};
		const body = sent.body === undefined ? {} : { body: sent.body };
		const response = await fetch(this.#address + sent.path, { method: sent.method, headers, ...body });
		const text = await response.text();
		const answer = JSON.parse(text) as Body;
		if (response.status < 300) this.acknowledged.push({ sent, answer });
		return { status: response.status, answer };
	}

	/** The answer to a write; throws unless it succeeds. */
	async done(name: string, more: Fields = {}): Promise<Body> {
		const { status, answer } = await this.send(await this.prepare(name, more));
		if (status < 300) return answer;
		throw new Error(`${name}: ${status} ${JSON.stringify(answer)}`);
	}
}

/** Free texts get the mark, so that no two writes are about one thing; what has a form of its own stays. */
function marked(value: unknown, mark: string): Record<string, unknown> {
	const fields = Object.entries(value as Fields).map(([name, one]) => [name, one === name ? `${name}-${mark}` : one]);
	return Object.fromEntries(fields);
}
