/**
 * What may be secret on a machine that is to be cloned for ever: looked for by place, by shape and by name, in the home of
 * its account and in the environments of what runs there. Names alone come back, never what they hold.
 */
import { fault } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Ssh } from "../machines/ssh.ts";

const LOOK_MS = 300_000;
const SHOWN = 20;
const KEYGEN_MS = 10_000;

/** Of a shell or a program, where it is not empty. */
const PLACES = [
	...[".bash_history", ".zsh_history", ".ash_history", ".sh_history", ".python_history", ".node_repl_history"],
	...[".psql_history", ".mysql_history", ".viminfo", ".lesshst", ".pi/agent/auth.json", ".netrc", ".pgpass"],
	...[".versrc", ".vers/keys.json", ".vers/config.json", ".git-credentials", ".config/gh/hosts.yml"],
	...[".aws/credentials", ".docker/config.json", ".kube/config"],
];
/** Extended, for any `grep`; the shapes of `src/mask.ts` that no usual text has. */
const SHAPES = [
	"-----BEGIN [A-Z ]*PRIVATE KEY",
	"(^|[^[:alnum:]_-])sk-[[:alnum:]_-]{16,}",
	"(^|[^[:alnum:]])[rs]k_(live|test)_[[:alnum:]]{16,}",
	"(gh[opsur]|github_pat)_[[:alnum:]_]{30,}",
	"glpat-[[:alnum:]_-]{20,}",
	"npm_[[:alnum:]]{36}",
	"xox[abposr]-[[:alnum:]-]{16,}",
	"AIza[[:alnum:]_-]{30,}",
	"(AKIA|ASIA)[A-Z0-9]{16}",
	"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[0-9a-f]{64}",
].join("|");

/** Flagship's own package, pi's and Node were just compared or sent; what a package manager brings is nobody's key. */
const WALK =
	'find . -xdev "(" -path ./.flagship/pack -o -path ./.flagship/pi -o -path ./.flagship/node -o -name node_modules ")" ' +
	"-prune -o -type f -size +0";
const NAMED = 'while read -r F; do say "$HOME/$' + '{F#./}"; done';
/** Lines of input: the shape, the places, and what the platform gets in with, one a line. */
const LOOK = [
	'cd "$HOME" || exit 1; read -r S; read -r W; K=$(cat)',
	'say() { printf "found=%s\\n" "$1"; }',
	'for F in $W; do if [ -s "$F" ]; then say "$HOME/$F"; fi; done',
	'for F in .ssh/id_*; do if [ -f "$F" ]; then case "$F" in *.pub) ;; *) say "$HOME/$F";; esac; fi; done',
	'for F in .flagship/* .flagship/.[!.]*; do if [ -e "$F" ]; then ' +
		'case "$F" in .flagship/pack|.flagship/pi|.flagship/node) ;; *) say "$HOME/$F";; esac; fi; done',
	'A=.ssh/authorized_keys; if [ -f "$A" ] && grep -v -e "^#" -e "^ *$" "$A" | grep -qvF -e "$K"; then say "$HOME/$A"; fi',
	`${WALK} "(" -name .env -o -name .env.local -o -name .env.production ")" -print | ${NAMED}`,
	`${WALK} -size -4096k -exec grep -lIE -e "$S" "{}" + | ${NAMED}`,
	'for E in /proc/[0-9]*/environ; do T=$(tr "\\000" "\\n" < "$E" 2> /dev/null); ' +
		'if printf "%s\\n" "$T" | grep -qxF "HOME=$HOME"; then printf "%s\\n" "$T" | ' +
		'sed -n "s/^\\([A-Za-z0-9_]*\\(KEY\\|TOKEN\\|SECRET\\|PASSWORD\\|PASSWD\\)\\)=..*/found=\\1 in an environment/p; ' +
		's/^FLAGSHIP_HOME=.*/found=a process of Flagship/p"; fi; done',
	"exit 0",
].join("; ");

/** Paths and names; empty: nothing was found. `keys`: with which the platform gets in. Throws when it cannot look. */
export async function secretsOn(ssh: Ssh, place: string, keys: readonly string[]): Promise<readonly string[]> {
	const ran = await ssh.run(LOOK, { lines: [SHAPES, PLACES.join(" "), ...keys], timeout: LOOK_MS });
	if (ran.code !== 0) throw fault("machine_unfit", place, `it cannot be searched (${ran.stderr.trim().slice(-200)})`);
	const found = [...ran.stdout.matchAll(/^found=(.+)$/gm)].map(([, what = ""]) => what.slice(0, 200));
	const different = [...new Set(found)];
	const more = different.length - SHOWN;
	return more > 0 ? [...different.slice(0, SHOWN), `and ${more} more`] : different;
}

/** The public half of the key that the platform gave: a line with it among the authorized keys is the platform's. */
export async function platformKey(world: World, keyFile: string): Promise<string> {
	const ran = await world.spawn.run("ssh-keygen", ["-y", "-f", keyFile], { timeout: KEYGEN_MS });
	const [, blob] = ran.stdout.trim().split(/\s+/);
	// Nothing would match every line: then any key there counts as a stranger's.
	return ran.code === 0 && blob !== undefined ? blob : "none";
}
