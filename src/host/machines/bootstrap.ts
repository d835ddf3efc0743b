/**
 * What a machine needs so that lieutenants can run there: room, a clock that is right, Node, this package, pi, and a host
 * of ours in its restart loop. What is there is used; what is missing is sent from here. Doing it again finds all of it.
 * The scripts are constants for the `sh` of any system: what they work on comes as lines of their input. They hold no
 * apostrophe and no line break, so that any login shell passes them on as they are.
 */
import { fault } from "../../errors.ts";
import type { Ran, World } from "../../world.ts";
import { archiveOf, bundleOf, packageOf } from "./bundle.ts";
import type { Ssh } from "./ssh.ts";

export interface BootstrapParts {
	readonly world: World;
	readonly place: string;
	/** Where archives are kept between machines. */
	readonly cache: string;
	/** This package. */
	readonly packageFolder: string;
	/** What this process runs on, for a machine of the same kind that lacks it. */
	readonly node: { readonly path: string; readonly platform: string; readonly arch: string };
	/** pi's own script here, for a machine that lacks it; undefined while no session has named one. */
	readonly pi: string | undefined;
	/** A VM of a platform that makes clones: its host has a home of its own, and its keys in memory alone. */
	readonly vm?: { readonly id: string; readonly keys: Readonly<Record<string, string>> } | undefined;
	/** Told to a person, and to the log. */
	step(what: string): void;
	readonly signal: AbortSignal;
}

/** A machine that is ready. All paths are its own. */
export interface Ready {
	/** Path of the socket on which its host answers. */
	readonly socket: string;
	/** What ends it again. */
	readonly halt: readonly string[];
	readonly pi: readonly string[];
	readonly folder: string;
	readonly env: Readonly<Record<string, string>>;
}

const QUICK_MS = 30_000;
/** Node is 120 MB: what a slow line needs for it. */
const SEND_MS = 900_000;
/** Below this the first session file would be cut off. In KiB. */
const ROOM = 512 * 1024;
/** A clock further off is set right where that is allowed; s. */
const SKEW = 30;

const say = (name: string, value: string) => `printf "flagship:${name}=%s\\n" "${value}"`;
/** The login shell knows where a person's programs are; what it greets with is passed over. */
const PATH_OF_LOGIN =
	'P=$("$' +
	'{SHELL:-/bin/sh}" -lc "printf flagship:%s \\"\\$PATH\\"" < /dev/null 2> /dev/null); P=$' +
	"{P##*flagship:}";
const PROBE = [
	PATH_OF_LOGIN,
	'if [ -n "$P" ]; then PATH=$P; fi; export PATH',
	say("os", "$(uname -s)"),
	say("arch", "$(uname -m)"),
	say("home", "$HOME"),
	say("user", "$(id -un)"),
	say("uid", "$(id -u)"),
	say("now", "$(date +%s)"),
	say("path", "$PATH"),
	say("lang", "$LANG"),
	'df -Pk "$HOME" | { read -r H; read -r F B U A R; printf "flagship:free=%s\\n" "$A"; }',
	'for N in node "$HOME/.flagship/node/bin/node"; do V=$("$N" -p process.versions.node 2> /dev/null) && ' +
		`{ ${say("node", "$V $(command -v $N)")}; }; done`,
	say("pi", "$(command -v pi)"),
	"exit 0",
].join("; ");

const SET_CLOCK = 'read -r T; date -u -s "@$T" > /dev/null && date +%s';

/** Unpacked beside its place and then moved: a transfer that broke off leaves nothing that looks whole. */
const UNPACK =
	'D="$HOME/.flagship/$1/$2"; if [ -d "$D" ]; then cat > /dev/null; exit 0; fi; T="$D.$$"; umask 077; mkdir -p "$T" && ' +
	'tar -xzf - -C "$T" && mv "$T" "$D"; C=$?; rm -rf "$T"; [ -d "$D" ] && exit 0; exit $C';
const IS_THERE = 'test -d "$HOME/.flagship/$1/$2"';
/** Tried before it is moved to its place: one that broke off in the middle is none. */
const TAKE_NODE =
	'D="$HOME/.flagship/node/bin"; umask 077; mkdir -p "$D" && cat > "$D/node.$$" && chmod 700 "$D/node.$$" && ' +
	'"$D/node.$$" -p process.versions.node && mv "$D/node.$$" "$D/node"; C=$?; rm -f "$D/node.$$"; exit $C';
const REAL = 'read -r N; read -r F; exec "$N" -p "require(\\"fs\\").realpathSync(process.argv[1])" "$F"';
/** What is not said stays the machine's own: its usual home, no keys. */
const START_HOST =
	'read -r N; read -r E; read -r P; read -r H; read -r K; export PATH="$P"; ' +
	'if [ -n "$H" ]; then export FLAGSHIP_HOME="$H"; fi; if [ -n "$K" ]; then export FLAGSHIP_KEYS="$K"; fi; ' +
	'"$N" "$E" host start >&2 && exec "$N" "$E" host status --json';
/**
 * A clone wakes up with what ran in the machine that it was made from: loop, host and agents of another home, that would
 * work on as if they were the first. They are known by the home in their environment.
 */
const END_STRANGERS =
	'read -r H; for E in /proc/[0-9]*/environ; do W=$(tr "\\000" "\\n" < "$E" 2> /dev/null | grep "^FLAGSHIP_HOME="); ' +
	'case "$W" in "FLAGSHIP_HOME=$H") ;; "FLAGSHIP_HOME=$HOME/.flagship/vms/"*) P=$' +
	'{E#/proc/}; kill -9 "$' +
	'{P%/environ}" 2> /dev/null && echo ended;; esac; done; exit 0';

/** Host and loop of a home end in order, then whatever else has that home in its environment: nothing of it is in memory. */
const HALT =
	'read -r N; read -r E; read -r P; read -r H; export PATH="$P"; FLAGSHIP_HOME="$H" "$N" "$E" host stop >&2; C=$?; ' +
	'for E in /proc/[0-9]*/environ; do W=$(tr "\\000" "\\n" < "$E" 2> /dev/null | grep "^FLAGSHIP_HOME="); ' +
	'if [ "$W" = "FLAGSHIP_HOME=$H" ]; then P=$' +
	'{E#/proc/}; kill -9 "$' +
	'{P%/environ}" 2> /dev/null; fi; done; exit $C';

/** `lines`: `Ready.halt`. */
export async function halt(ssh: Ssh, place: string, lines: readonly string[]): Promise<void> {
	const ran = await ssh.run(HALT, { lines, timeout: 2 * QUICK_MS });
	if (ran.code !== 0) throw fault("machine_unfit", place, `its host does not end (${ran.stderr.trim().slice(-200)})`);
}

export async function bootstrap(ssh: Ssh, parts: BootstrapParts): Promise<Ready> {
	const { step, signal } = parts;
	const { found, node, entry, path, pi } = await furnish(ssh, parts);
	const home = await ownHome(ssh, found, parts);
	step("starting its host");
	const keys = parts.vm === undefined ? "" : JSON.stringify(parts.vm.keys);
	const lines = [node, entry, path, home, keys];
	const started = await done(ssh.run(START_HOST, { lines, timeout: 2 * QUICK_MS, signal }), parts, "its host");
	return {
		socket: socketOf(started.stdout, parts.place),
		halt: [node, entry, path, home],
		pi: [node, pi],
		folder: found.home,
		env: { PATH: path, HOME: found.home, USER: found.user, LANG: found.lang === "" ? "C.UTF-8" : found.lang },
	};
}

/** What runs Flagship there. All paths are that machine's. */
export interface Equipped {
	readonly found: Found;
	readonly node: string;
	/** `bin/flagship.mjs` of this package, as it was sent. */
	readonly entry: string;
	/** `PATH` of the login shell, with that Node on it. */
	readonly path: string;
}

/** All that a lieutenant needs there but its host. */
export async function furnish(ssh: Ssh, parts: BootstrapParts): Promise<Equipped & { readonly pi: string }> {
	const equipped = await equip(ssh, parts);
	return { ...equipped, pi: await havePi(ssh, equipped.found, equipped.node, parts) };
}

/** Room, a clock that is right, Node and this package: what hub and host need alike. */
export async function equip(ssh: Ssh, parts: BootstrapParts): Promise<Equipped> {
	parts.step("looking at the machine");
	const found = await probe(ssh, parts);
	await mindClock(ssh, found, parts);
	const node = await haveNode(ssh, found, parts);
	const pack = await havePackage(ssh, found, parts);
	const path = found.path.split(":").includes(dirOf(node)) ? found.path : `${dirOf(node)}:${found.path}`;
	return { found, node, entry: `${pack}/bin/flagship.mjs`, path };
}

/** Of a VM: a folder that no clone of it goes on with. Empty: the usual one. */
async function ownHome(ssh: Ssh, { home }: Found, { vm, step, signal }: BootstrapParts): Promise<string> {
	if (vm === undefined) return "";
	const own = `${home}/.flagship/vms/${vm.id}`;
	const { stdout } = await ssh.run(END_STRANGERS, { lines: [own], timeout: QUICK_MS, signal });
	const ended = stdout.split("\n").filter((line) => line === "ended").length;
	if (ended > 0) step(`${ended} processes of the machine that it was made from are ended`);
	return own;
}

export interface Found {
	readonly os: string;
	readonly arch: string;
	readonly home: string;
	readonly user: string;
	readonly uid: string;
	/** Seconds by which its clock is ahead. */
	readonly skew: number;
	readonly path: string;
	readonly lang: string;
	/** Of a Node that is new enough. */
	readonly node: string | undefined;
	readonly pi: string;
}

/** Changes nothing there. */
export async function probe(
	ssh: Ssh,
	{ world, place, signal }: Pick<BootstrapParts, "world" | "place" | "signal">,
): Promise<Found> {
	const { stdout, stderr } = await ssh.run(PROBE, { timeout: QUICK_MS, signal });
	const said = [...stdout.matchAll(/^flagship:(\w+)=(.*)$/gm)].map(
		([, name = "", value = ""]) => [name, value] as const,
	);
	const facts = new Map(said);
	const text = (name: string) => facts.get(name) ?? "";
	if (text("home") === "")
		throw fault("machine_unfit", place, `it has no usual shell (${stderr.trim().slice(0, 200)})`);
	const free = Number(text("free"));
	if (free > 0 && free < ROOM)
		throw fault("machine_unfit", place, `its disk is nearly full (${Math.round(free / 1024)} MB free)`);
	const nodes = said.filter(([name]) => name === "node").map(([, value]) => value);
	const node = nodes.find(isNewEnough)?.replace(/^\S+ /, "");
	return {
		...{ os: text("os"), arch: text("arch"), home: text("home"), user: text("user"), uid: text("uid") },
		...{ path: text("path"), lang: text("lang"), pi: text("pi"), node },
		skew: Number(text("now")) - world.clock.now() / 1_000,
	};
}

/** pi 0.87 and this package need 22.19. */
function isNewEnough(version: string): boolean {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return major > 22 || (major === 22 && minor >= 19);
}

/** A machine that was frozen for hours believes in old certificates and writes old times. Order never depends on it. */
async function mindClock(ssh: Ssh, { skew, uid }: Found, { world, step, signal }: BootstrapParts): Promise<void> {
	if (Math.abs(skew) <= SKEW) return;
	const off = `its clock is ${Math.round(Math.abs(skew))} s ${skew > 0 ? "ahead" : "behind"}`;
	if (uid !== "0") return step(`${off}, and only root may set it`);
	const lines = [String(Math.round(world.clock.now() / 1_000))];
	const { code } = await ssh.run(SET_CLOCK, { lines, timeout: QUICK_MS, signal });
	step(code === 0 ? `${off}; set right` : `${off} and cannot be set`);
}

async function haveNode(ssh: Ssh, { node, os, arch, home }: Found, parts: BootstrapParts): Promise<string> {
	if (node !== undefined) return node;
	const { place, node: mine, step, signal } = parts;
	const same = os.toLowerCase() === mine.platform && archOf(arch) === mine.arch;
	if (!same) throw fault("machine_unfit", place, `it has no Node 22.19 or newer, and ours is not for ${os} ${arch}`);
	step("sending Node");
	const ran = await ssh.run(TAKE_NODE, { file: mine.path, timeout: SEND_MS, signal });
	if (ran.code !== 0 || !isNewEnough(ran.stdout.trim()))
		throw fault(
			"machine_unfit",
			place,
			`it has no Node, and ours does not run there (${ran.stderr.trim().slice(-200)})`,
		);
	return `${home}/.flagship/node/bin/node`;
}

const archOf = (machine: string): string => ({ x86_64: "x64", amd64: "x64", aarch64: "arm64" })[machine] ?? machine;

async function havePackage(ssh: Ssh, { home }: Found, parts: BootstrapParts): Promise<string> {
	return `${home}/.flagship/${await send(ssh, parts, "pack", parts.packageFolder)}`;
}

/** pi's own script there; that of the machine wins, as a person has set it up. */
async function havePi(ssh: Ssh, { pi, home }: Found, node: string, parts: BootstrapParts): Promise<string> {
	const { place, world, signal } = parts;
	if (pi !== "") {
		const ran = await ssh.run(REAL, { lines: [node, pi], timeout: QUICK_MS, signal });
		if (ran.code === 0 && /\.[cm]?js$/.test(ran.stdout.trim())) return ran.stdout.trim();
	}
	const folder = parts.pi === undefined ? undefined : packageOf(world.files, parts.pi);
	if (parts.pi === undefined || folder === undefined)
		throw fault("machine_unfit", place, "it has no pi, and none is known here that could be sent");
	const script = world.files.real(parts.pi).slice(world.files.real(folder).length + 1);
	return `${home}/.flagship/${await send(ssh, parts, "pi", folder)}/${script}`;
}

/** Where the package is then, below `~/.flagship`. */
async function send(ssh: Ssh, parts: BootstrapParts, kind: "pack" | "pi", folder: string): Promise<string> {
	const { world, cache, step, signal } = parts;
	const bundle = bundleOf(world.files, folder);
	const words = [kind, bundle.id];
	if ((await ssh.run(IS_THERE, { timeout: QUICK_MS, signal }, words)).code !== 0) {
		step(`sending ${kind === "pi" ? "pi" : "Flagship"}`);
		const file = await archiveOf(world, bundle, cache);
		await done(ssh.run(UNPACK, { file, timeout: SEND_MS, signal }, words), parts, kind);
	}
	return [kind, bundle.id, bundle.main].filter((part) => part !== "").join("/");
}

/** What has to end well there. */
async function done(running: Promise<Ran>, { place }: BootstrapParts, what: string): Promise<Ran> {
	const ran = await running;
	if (ran.code === 0) return ran;
	const full = /no space left/i.test(ran.stderr);
	const why = full ? "its disk is full" : ran.stderr.trim().split("\n").slice(-3).join(" ").slice(0, 400);
	throw fault("machine_unfit", place, `${what} could not be set up: ${why || `exit ${ran.code}`}`);
}

/** `flagship host status --json` of the machine. */
function socketOf(text: string, place: string): string {
	const from = text.indexOf("{");
	const said = from < 0 ? {} : (JSON.parse(text.slice(from)) as { readonly at?: { readonly address?: string } });
	const address = said.at?.address ?? "";
	if (!address.startsWith("unix:/")) throw fault("machine_unfit", place, "its host does not say where it answers");
	return address.slice("unix:".length);
}

const dirOf = (file: string): string => file.slice(0, file.lastIndexOf("/"));
