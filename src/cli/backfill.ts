/**
 * `flagship usage backfill [folder]`: tells the hub of sessions from before. Numbers and names go, no text. A session that
 * the hub knows is not counted twice, whoever told of it.
 */
import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { orchestratorName } from "../client/caller.ts";
import * as contract from "../contract/usage.ts";
import { Fault, fault, reason } from "../errors.ts";
import { type Archived, readArchived } from "../pi/archive.ts";
import type { Files } from "../world.ts";
import type { Context } from "./context.ts";
import { openHub } from "./operate.ts";

type Session = Extract<Archived, { type: "session" }>;
type Hub = ReturnType<typeof openHub>;

interface Told {
	/** Not known before; known and grown since; known as it is. */
	added: number;
	grown: number;
	known: number;
	tokens: number;
	costUsd: number;
	/** Answers that were cut off. */
	estimated: number;
	/** Files of which nothing was counted, and files of which something could not be. */
	readonly skipped: { readonly file: string; readonly why: string }[];
	readonly noted: { readonly file: string; readonly what: string }[];
}

/** Resolves to the exit code: 1 when the hub refused something. */
export async function backfill(context: Context, args: readonly string[]): Promise<number> {
	const { folder, agent, json } = asked(context, args);
	const { files } = context.world;
	const paths = sessionsBelow(files, folder);
	const hub = openHub(context);
	const told: Told = {
		...{ added: 0, grown: 0, known: 0, tokens: 0, costUsd: 0, estimated: 0 },
		skipped: [],
		noted: [],
	};
	let refused = false;
	try {
		const known = await knownSessions(hub);
		for (const path of paths) {
			const session = readOne(files, path, told);
			if (session === undefined) continue;
			try {
				await tell(hub, session, agent ?? nameOf(context, session), known, told);
			} catch (thrown) {
				if (!(thrown instanceof Fault) || thrown.status >= 500) throw thrown;
				refused = true;
				told.skipped.push({ file: path, why: `the hub refused it: ${thrown.message}` });
			}
		}
	} finally {
		hub.close();
	}
	if (json) context.out(JSON.stringify({ folder, files: paths.length, ...told }, null, 2));
	else for (const line of linesOf(folder, paths.length, told)) context.out(line);
	return refused ? 1 : 0;
}

interface Asked {
	readonly folder: string;
	readonly agent: string | undefined;
	readonly json: boolean;
}

/** Throws `usage`, or `not_found` for a folder that is not there. */
function asked({ env, world, home }: Context, args: readonly string[]): Asked {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
	const { positionals, values } = parsed;
	if (positionals.length > 1) throw fault("usage", "It reads one folder at a time.");
	const agentFolder = env.PI_CODING_AGENT_DIR ?? join(env.HOME ?? home.root, ".pi", "agent");
	const folder = resolve(positionals[0] ?? join(agentFolder, "sessions"));
	if (world.files.stat(folder)?.kind !== "folder") throw fault("not_found", `Folder ${folder}`);
	return { folder, agent: values.agent, json: values.json === true };
}

const parse = (args: readonly string[]) =>
	parseArgs({
		args: [...args],
		allowPositionals: true,
		options: { agent: { type: "string" }, json: { type: "boolean" } },
	});

/** Links are not followed: a folder that links to its parent would never end. */
function sessionsBelow(files: Files, folder: string): readonly string[] {
	return files.list(folder).flatMap((name) => {
		const path = join(folder, name);
		const found = files.stat(path);
		if (found === undefined || found.link) return [];
		if (found.kind === "folder") return sessionsBelow(files, path);
		return found.kind === "file" && name.endsWith(".jsonl") ? [path] : [];
	});
}

function readOne(files: Files, file: string, told: Told): Session | undefined {
	let found: Archived;
	try {
		found = readArchived(files, file);
	} catch (thrown) {
		told.skipped.push({ file, why: `it cannot be read: ${reason(thrown)}` });
		return undefined;
	}
	if (found.type === "other") {
		told.skipped.push({ file, why: found.why });
		return undefined;
	}
	if (found.truncated) told.noted.push({ file, what: "its last line is cut off; what stands before it was counted" });
	if (found.torn > 0) told.noted.push({ file, what: `${found.torn} lines in it cannot be read; the rest was counted` });
	if (found.usage !== undefined || found.cut.length > 0) return found;
	told.skipped.push({ file, why: "no model was asked in it" });
	return undefined;
}

interface Amount {
	readonly tokens: number;
	readonly costUsd: number;
}
type Known = Map<string, Amount>;

/** What the hub has of each session. */
async function knownSessions(hub: Hub): Promise<Known> {
	const known: Known = new Map();
	let cursor: string | undefined;
	do {
		const page = await hub.call(contract.sessions, cursor === undefined ? {} : { cursor });
		for (const { sessionId, tokens, cost } of page.sessions)
			known.set(sessionId, { tokens: tokens.total, costUsd: cost.total });
		cursor = page.next;
	} while (cursor !== undefined);
	return known;
}

async function tell(hub: Hub, session: Session, agent: string, known: Known, told: Told): Promise<void> {
	const { id, usage, cut } = session;
	if (usage !== undefined) {
		const body = { ...usage, agent, found: true };
		await hub.call(contract.recordSession, body, { key: keyOf(body) });
		const now = { tokens: usage.tokens.total, costUsd: usage.cost.total };
		const before = known.get(id);
		if (before === undefined) told.added += 1;
		else if (now.tokens > before.tokens) told.grown += 1;
		else told.known += 1;
		if (before === undefined || now.tokens > before.tokens) {
			told.tokens += now.tokens - (before?.tokens ?? 0);
			told.costUsd += now.costUsd - (before?.costUsd ?? 0);
			known.set(id, now);
		}
	}
	for (const one of cut) {
		const body = { ...one, sessionId: id, agent, found: true };
		await hub.call(contract.recordEstimate, body, { key: keyOf(body) });
		told.estimated += 1;
	}
}

const keyOf = (body: object): string =>
	`backfill-${createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 32)}`;

/** As the session would have been called, had it been told of while it ran. */
function nameOf({ world, env }: Context, { cwd }: Session): string {
	const person = { user: userInfo().username, machine: hostname(), cwd: cwd === "" ? process.cwd() : cwd };
	return orchestratorName(world.files, env, person).slice(0, 200);
}

function linesOf(folder: string, files: number, told: Told): readonly string[] {
	const { added, grown, known, tokens, costUsd, estimated, skipped, noted } = told;
	return [
		`${files} files in ${folder}: ${added} sessions new to the hub, ${grown} grown, ${known} known as they are.`,
		`Added ${tokens} tokens, $${costUsd.toFixed(2)}.`,
		...(estimated === 0
			? []
			: [
					`${estimated} answer${estimated === 1 ? "" : "s"} in them ${estimated === 1 ? "was" : "were"} cut off: estimated, and told apart.`,
				]),
		...(skipped.length === 0
			? []
			: [`Not counted: ${skipped.length}`, ...skipped.map((one) => `  ${one.file}: ${one.why}`)]),
		...(noted.length === 0 ? [] : ["Noted:", ...noted.map((one) => `  ${one.file}: ${one.what}`)]),
	];
}
