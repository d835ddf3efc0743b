/** The machine of a golden image: what it has of what a lieutenant needs, and what ran in it of ours. */
import type { Found } from "../machines/bootstrap.ts";
import type { Ssh } from "../machines/ssh.ts";

/** What is there to be compared. */
export interface Facts {
	/** Version; empty: none that runs. */
	readonly node: string;
	readonly git: boolean;
	/** Builds of this package and of pi that were sent there. */
	readonly packs: readonly string[];
	readonly pis: readonly string[];
}

const ANSWER_MS = 60_000;
const FACTS =
	'read -r N; read -r P; PATH=$P; export PATH; printf "node=%s\\n" "$("$N" -p process.versions.node 2> /dev/null)"; ' +
	'printf "git=%s\\n" "$(command -v git)"; for K in pack pi; do for D in "$HOME/.flagship/$K"/*; do ' +
	'if [ -d "$D" ]; then printf "%s=%s\\n" "$K" "$(basename "$D")"; fi; done; done; exit 0';
/** Only what has a home of ours below the home of this account: the machine's other programs are nobody's business here. */
const END_OURS =
	'for E in /proc/[0-9]*/environ; do W=$(tr "\\000" "\\n" < "$E" 2> /dev/null | grep "^FLAGSHIP_HOME="); ' +
	'case "$W" in "FLAGSHIP_HOME=$HOME/.flagship"*) P=$' +
	'{E#/proc/}; kill -9 "$' +
	'{P%/environ}" 2> /dev/null;; esac; done; exit 0';

export async function factsOf(ssh: Ssh, { node = "", path }: Pick<Found, "node" | "path">): Promise<Facts> {
	const { stdout } = await ssh.run(FACTS, { lines: [node, path], timeout: ANSWER_MS });
	const said = [...stdout.matchAll(/^(\w+)=(.+)$/gm)].map(([, name, value = ""]) => ({ name, value }));
	const all = (name: string) => said.filter((one) => one.name === name).map(({ value }) => value);
	return { node: all("node")[0] ?? "", git: all("git").length > 0, packs: all("pack"), pis: all("pi") };
}

/** Ends host, loop and agents that came along in the snapshot it was made from. */
export async function endOurs(ssh: Ssh): Promise<void> {
	await ssh.run(END_OURS, { timeout: ANSWER_MS });
}
