/**
 * What runs on a VM in place of pi's own tools: constant scripts. Data comes as words that are decoded there, or by standard
 * input, and is never a part of a script. What a script itself has to say it writes as a line `flagship:…` to its standard
 * error, which no command there has: so an exit code of ssh is never taken for one of a command.
 */

/**
 * `u WORD` prints the text that the word stands for, `s` says something. Nothing is done before a first line has come: who
 * sends it knows by `begun` that the way is there, and what it has not sent was not done.
 */
const BEGIN =
	'u() { printf %s "$1" | tr _.- /=+ | base64 -d; }; s() { echo "flagship:$*" >&2; }; ' +
	"s begun; IFS= read -r G || exit 0; ";
/** `$P` is the path whose word is the first argument; the sentinel keeps what a name may end with. */
const PATH = `${BEGIN}P=$(u "$1" && echo x) || exit 0; P=$${"{P%x}"}; `;
const THERE = 'if [ ! -e "$P" ]; then s ENOENT; exit 0; fi; ';
const FILE = `${THERE}if [ -d "$P" ]; then s EISDIR; exit 0; fi; `;
/** A message may have several lines, as a path may. */
const SAID = 's "said $(printf %s "$M" | base64 | tr -d "\\n")"';

/**
 * The words of folder, command and environment are the next three lines of the standard input, which then stays open: at
 * its end whatever still runs of the command is killed, as nobody hears it any more. What goes on in the background after
 * the command has ended is left alone. Both outputs of the command are one, in the order in which they were written.
 */
export const EXEC =
	`${BEGIN}IFS= read -r D && IFS= read -r C && IFS= read -r E || exit 0; ` +
	"[ -r ~/.profile ] && . ~/.profile </dev/null >/dev/null 2>&1; " +
	'cd -- "$(u "$D")" 2>/dev/null || { s nowhere; exit 0; }; ' +
	'C=$(u "$C" && echo x); C=$' +
	'{C%x}; for W in $E; do export "$' +
	'{W%%:*}=$(u "$' +
	'{W#*:}")"; done; exec 3<&0; set -m; ' +
	'B=/bin/bash; [ -x $B ] || B=bash; $B -c "$C" </dev/null 2>&1 3<&- & P=$!; ' +
	"{ cat <&3; kill -KILL -- -$P; } >/dev/null 2>&1 & W=$!; " +
	'exec 3<&-; wait $P; R=$?; kill -KILL -- -$W 2>/dev/null; s "exit $R"';

export const ACCESS_READ = `${PATH}${THERE}[ -r "$P" ] || { s EACCES; exit 0; }; s ok`;
export const ACCESS_WRITE = `${PATH}${THERE}[ -r "$P" ] && [ -w "$P" ] || { s EACCES; exit 0; }; s ok`;
export const READ = `${PATH}${FILE}cat -- "$P" 2>/dev/null && s ok || s EIO`;
/** As much as tells what kind of picture it is. */
export const HEAD = `${PATH}${FILE}head -c 4100 -- "$P" 2>/dev/null && s ok || s EIO`;
export const MAKE_FOLDER = `${PATH}M=$(mkdir -p -- "$P" 2>&1) && s ok || ${SAID}`;
/** The second word is the size in bytes: what a broken way has let through in part is not written. */
export const WRITE =
	`${PATH}T=$(mktemp) || { s ENOSPC; exit 0; }; trap "rm -f -- \\"\\$T\\"" EXIT; cat > "$T" || { s ENOSPC; exit 0; }; ` +
	'[ "$(wc -c < "$T")" -eq "$2" ] || { s cut; exit 0; }; ' +
	`M=$( { cat -- "$T" > "$P"; } 2>&1 ) && s ok || ${SAID}`;
