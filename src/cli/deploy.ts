/** `flagship deploy <place>`: this version of the hub on another machine. What is done there, a command of ours does there. */
import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeHome, makeSocketFolder } from "../daemon/home.ts";
import { readHolder, tryLock } from "../daemon/lock.ts";
import { daemonEnvironment, readSettings } from "../daemon/settings.ts";
import { packageFolder } from "../daemon/version.ts";
import { type ErrorCode, errors, Fault, fault, reason } from "../errors.ts";
import { addressOf } from "../host/machines/address.ts";
import { equip } from "../host/machines/bootstrap.ts";
import { machineSettings } from "../host/machines/settings.ts";
import { openSsh, type Ssh } from "../host/machines/ssh.ts";
import { vmSettings } from "../host/machines/vm-settings.ts";
import { vmWay } from "../host/machines/vm-way.ts";
import { VersClient } from "../vers/client.ts";
import { versAccount } from "../vers/key.ts";
import type { Context } from "./context.ts";
import type { TakeOverJob, TakeOverWord } from "./take-over.ts";

/** ms: a backup of many gigabytes, its trial, and a migration. */
const WITHIN = 7_200_000;
const TAKE_OVER = 'read -r N; read -r E; read -r P; export PATH="$P"; exec "$N" "$E" hub take-over';

type Outcome = Extract<TakeOverWord, { outcome: unknown }>["outcome"];

export async function deploy(context: Context, args: readonly string[]): Promise<number> {
	const { place, json } = wordsOf(args);
	const open = wayTo(context, place);
	const { world, home, speaks, out } = context;
	makeHome(home);
	makeSocketFolder(home);
	const folder = join(home.run, "deploy", createHash("sha256").update(place).digest("hex").slice(0, 12));
	const lock = tryLock(world, folder, speaks.version);
	if (lock === undefined) {
		const holder = readHolder(world.files, folder);
		throw fault("deploy_running", place, `from this machine${holder === undefined ? "" : `, process ${holder.pid}`}`);
	}
	try {
		const step = (what: string): void => (json ? context.complain(what) : out(`${place}: ${what}`));
		const outcome = await deployOver(context, { place, open, step });
		out(json ? JSON.stringify({ place, ...outcome }, null, 2) : sentenceOf(place, outcome));
		return 0;
	} finally {
		lock.release();
	}
}

type Way = (signal: AbortSignal) => Promise<Ssh>;

/** A connection of its own: that of the host, over which lieutenants work, goes on. Throws `usage`, `invalid_input`. */
function wayTo(context: Context, place: string): Way {
	if (!/^(ssh|vers):/.test(place))
		throw fault("usage", `There is no way to '${place}': a hub is brought to ssh:user@machine[:port] or vers:<VM>.`);
	const { world, home, env } = context;
	const address = addressOf(place);
	const settings = readSettings(home, env);
	const own = { world, sockets: home.sockets, folder: home.run, env: daemonEnvironment(home, settings, env) };
	const purpose = "deploy";
	if (address.type === "ssh") {
		const config = machineSettings(settings.values).settings.sshConfig;
		return (signal) => openSsh({ ...own, address, place, purpose, config, agent: env.SSH_AUTH_SOCK }, signal);
	}
	const account = () => versAccount(world.files, { HOME: env.HOME, ...settings.env });
	const client = new VersClient({ world, account });
	const platform = async () => ({ client, url: account().url });
	const parts = { ...own, settings: vmSettings(settings.values).settings, platform };
	return (signal) => vmWay(parts, address.vm, { place, purpose, signal }).finally(() => client.close());
}

interface Deploy {
	readonly place: string;
	readonly open: Way;
	step(what: string): void;
}

async function deployOver(context: Context, { place, open, step }: Deploy): Promise<Outcome> {
	const { world, home } = context;
	const { signal } = new AbortController();
	step("connecting");
	const ssh = await open(signal);
	try {
		const node = { path: process.execPath, platform: process.platform, arch: process.arch };
		const cache = `${home.root}/cache/bundles`;
		const there = await equip(ssh, { world, place, cache, packageFolder, node, pi: undefined, step, signal });
		const job: TakeOverJob = { place, by: `${userInfo().username}@${hostname()}` };
		const heard = listener(step);
		const lines = [there.node, there.entry, there.path, JSON.stringify(job)];
		const ran = await ssh.run(TAKE_OVER, { lines, timeout: WITHIN, heard: heard.take }).catch(goesOn);
		if (heard.end !== undefined) return outcomeOf(heard.end);
		const why = ran.stderr.trim().split("\n").slice(-3).join(" ").slice(0, 400) || `it ended with ${ran.code}`;
		throw goesOnFault(place, why);
	} finally {
		ssh.close();
	}
}

/** The line is gone, the command there is not. */
function goesOn(thrown: unknown): never {
	if (!(thrown instanceof Fault) || thrown.code !== "machine_unreachable") throw thrown;
	throw new Fault(thrown.code, thrown.message, AGAIN);
}

const AGAIN =
	"What was begun there goes on by itself, or was cut off with the machine. The same command again finds how far it came, and goes on or rolls back.";
const goesOnFault = (place: string, why: string): Fault =>
	new Fault("deploy_failed", `The deploy to ${place} was cut off: ${why}`, AGAIN);

/** Lines as they come; the last one is the end. */
function listener(step: (what: string) => void) {
	let rest = "";
	const heard: { end: Exclude<TakeOverWord, { step: string }> | undefined; take(text: string): void } = {
		end: undefined,
		take(text) {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) {
				const word = wordOf(line);
				if (word === undefined) continue;
				if ("step" in word) step(word.step);
				else heard.end = word;
			}
		},
	};
	return heard;
}

function wordOf(line: string): TakeOverWord | undefined {
	try {
		return JSON.parse(line) as TakeOverWord;
	} catch {
		// A login shell may greet.
		return undefined;
	}
}

function outcomeOf(end: Exclude<TakeOverWord, { step: string }>): Outcome {
	if ("outcome" in end) return end.outcome;
	const { code, error, remedy } = end.refused;
	throw new Fault(Object.hasOwn(errors, code) ? (code as ErrorCode) : "deploy_failed", error, remedy);
}

function sentenceOf(place: string, { type, version, from, backup, address }: Outcome): string {
	if (type === "same") return `${place} has ${version} already; nothing was done. Its hub answers there at ${address}.`;
	const was = from === undefined ? "" : `, in place of ${from}`;
	const kept = backup === undefined ? "" : ` The backup before it is there: ${backup}.`;
	return `${place} has ${version}${was}. Its hub answers there at ${address}.${kept}`;
}

function wordsOf(args: readonly string[]): { readonly place: string; readonly json: boolean } {
	try {
		const options = { json: { type: "boolean" } } as const;
		const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
		const [place, ...more] = positionals;
		if (place !== undefined && more.length === 0) return { place, json: values.json === true };
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
	throw fault("usage", "Usage: flagship deploy <ssh:user@machine[:port] | vers:VM> [--json]");
}
