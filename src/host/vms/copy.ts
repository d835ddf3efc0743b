/** Files between this machine and VMs: packed on one side, unpacked on the other, with their modes and links. */
import { fault } from "../../errors.ts";
import { dataWord } from "../../pi/data-word.ts";
import type { Ran, World } from "../../world.ts";
import type { VmWay, VmWays } from "./ways.ts";

export interface CopyParts {
	readonly world: World;
	readonly ways: Pick<VmWays, "way">;
	/** An own folder, for what is on the way. */
	readonly folder: string;
	readonly signal: AbortSignal;
}

/** One side of a copy. */
export type Side =
	| { readonly type: "here"; readonly path: string }
	| { readonly type: "vm"; readonly vm: string; readonly path: string };

const VM = /^vm:([0-9A-Za-z-]{1,64}):(.+)$/s;
const COPY_MS = 900_000;

/** Throws `invalid_input`, naming `field`. */
export function sideOf(field: string, text: string, cwd: string | undefined): Side {
	const [whole, vm = "", path = ""] = VM.exec(text) ?? [];
	if (whole !== undefined) return { type: "vm", vm, path };
	if (text.startsWith("vm:")) throw fault("invalid_input", `${field}: it is vm:<id>:<path>`);
	if (text.startsWith("/")) return { type: "here", path: text };
	if (cwd === undefined) throw fault("invalid_input", `${field}: a path of this machine begins with / or needs cwd`);
	return { type: "here", path: `${cwd}/${text}` };
}

/** Bytes that were on the way. Throws `copy_failed` with what the side that failed says. */
export async function copyBetween({ world, ways, folder, signal }: CopyParts, from: Side, to: Side): Promise<number> {
	world.files.makeFolder(folder, 0o700);
	try {
		const file = `${folder}/packed.tar`;
		if (from.type === "here") failed(from, await run(world, PACK_TO, [named(from.path), file], signal));
		else await packThere(await ways.way(from.vm), from, file);
		const bytes = world.files.stat(file)?.size ?? 0;
		if (to.type === "here") failed(to, await run(world, UNPACK_FROM, [dataWord(to.path), file], signal));
		else {
			const { ssh, home } = await ways.way(to.vm);
			const words = [dataWord(atHome(to.path, home)), String(bytes)];
			failed(to, await ssh.run(UNPACK, { file, timeout: COPY_MS, signal }, words));
		}
		return bytes;
	} finally {
		world.files.remove(folder);
	}
}

async function packThere({ ssh, home }: VmWay, from: Side, file: string): Promise<void> {
	const word = named(atHome(from.path, home));
	// What the packer has to complain of would be lost beside the bytes: first it is asked whether it can.
	failed(from, await ssh.run(READABLE, { timeout: 30_000 }, [word]));
	const code = await ssh.take(PACK, [word], file);
	if (code !== 0) throw fault("copy_failed", from.path, code === null ? "it was ended" : `tar ends with ${code}`);
}

/** A folder is named without the slash at its end. */
const named = (path: string): string => dataWord(path.replace(/(.)\/+$/s, "$1"));
const atHome = (path: string, home: string): string =>
	path.startsWith("/") ? path : `${home}/${path.replace(/^~\//, "")}`;

const failed = ({ path }: Side, { code, stderr, timedOut }: Ran): void => {
	if (timedOut) throw fault("copy_failed", path, `not done within ${COPY_MS / 60_000} min`);
	if (code !== 0) throw fault("copy_failed", path, stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "");
};

/** A constant script of this machine's `sh`, as over there. */
const run = (world: World, script: string, words: readonly string[], signal: AbortSignal): Promise<Ran> =>
	world.spawn.run("sh", ["-c", script, "flagship", ...words], { timeout: COPY_MS, signal, endsGroup: true });

/** `$P` becomes the path whose word is the first argument. A sentinel keeps what a name may end with. */
const PATH = 'P=$(printf %s "$1" | tr _.- /=+ | base64 -d && echo x) || exit 9; P=$' + "{P%x}; ";
/** Packed as its name in its folder, so that nothing of the path above it goes along. */
const TAR = 'cd -- "$(dirname -- "$P")" && tar -cf - -- "$(basename -- "$P")"';
const READABLE = `${PATH}[ -e "$P" ] || [ -L "$P" ] || { echo "there is no such file" >&2; exit 1; }; [ -r "$P" ] || { echo "it cannot be read" >&2; exit 1; }`;
const PACK = `${PATH}${TAR}`;
const PACK_TO = `${READABLE}; O=$2; umask 077; ( ${TAR} ) > "$O"`;
/**
 * Unpacked beside the place and then copied there as `cp` does it: into a folder that is there, else under the new name. `S`
 * is the archive.
 */
const PLACE =
	'case "$P" in */) mkdir -p -- "$P" || exit 1;; esac; D=$(dirname -- "$P"); mkdir -p -- "$D" || exit 1; ' +
	'T=$(mktemp -d "$D/.copy-XXXXXX") || exit 1; trap "rm -rf -- \\"\\$T\\"" EXIT; ' +
	'tar -xof "$S" -C "$T" || exit 1; for E in "$T"/* "$T"/.[!.]* "$T"/..?*; do ' +
	'if [ -e "$E" ] || [ -L "$E" ]; then cp -R -P -p -- "$E" "$P" || exit 1; fi; done';
const UNPACK_FROM = `${PATH}S=$2; ${PLACE}`;
/** A way that ends in the middle gives less than was said. */
const UNPACK =
	`${PATH}S=$(mktemp) || exit 1; cat > "$S"; ` +
	'if [ "$(wc -c < "$S")" -ne "$2" ]; then rm -f "$S"; echo "it did not come whole" >&2; exit 1; fi; ' +
	`( ${PLACE} ); C=$?; rm -f "$S"; exit $C`;
