/**
 * A machine's clock. With `faketime` every program of the machine sees it; without it only `date` does, and the
 * simulator's list of machines says so. `date -s` sets the machine's clock, never that of the computer it runs on.
 */
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export type ClockKind = "faketime" | "date";

function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
	return path
		.split(delimiter)
		.map((folder) => join(folder, name))
		.find((file) => {
			try {
				accessSync(file, constants.X_OK);
				return true;
			} catch {
				// Not in this folder, or not for us to run: the next one may have it.
				return false;
			}
		});
}

const DATE = `#!/bin/sh
# The machine's clock: the real one and so many seconds. Setting it changes the seconds, never the real clock.
file="\${0%/*}/../etc/skew"
read -r skew < "$file"
set_to() { echo "$(( $("$REAL_DATE" -d "$1" +%s) - $("$REAL_DATE" +%s) ))" > "$file"; exit 0; }
previous=
for word in "$@"; do
	case "$previous" in -s|--set|-us) set_to "$word";; esac
	case "$word" in --set=*) set_to "\${word#--set=}";; -s?*) set_to "\${word#-s}";; esac
	previous="$word"
done
exec "$REAL_DATE" -d "now $skew seconds" "$@"
`;

/** Programs that would change the computer itself. */
const REFUSED = ["hwclock", "timedatectl", "reboot", "poweroff", "halt", "shutdown"] as const;
const REFUSE = '#!/bin/sh\necho "${0##*/}: not in a simulated machine" >&2\nexit 1\n';

export class GuestClock {
	readonly kind: ClockKind;
	readonly #file: string;
	readonly #faketime: string | undefined;

	constructor(folder: string, path?: string) {
		this.#file = join(folder, "etc", "skew");
		this.#faketime = findProgram("faketime", path);
		this.kind = this.#faketime === undefined ? "date" : "faketime";
	}

	/** Lays the programs into a new machine. */
	static install(folder: string): void {
		const bin = join(folder, "bin");
		mkdirSync(bin, { recursive: true });
		mkdirSync(join(folder, "etc"), { recursive: true });
		const real = findProgram("date") ?? "/bin/date";
		const scripts = [["date", DATE.replaceAll("$REAL_DATE", real)], ...REFUSED.map((name) => [name, REFUSE])];
		for (const [name = "", script = ""] of scripts) {
			writeFileSync(join(bin, name), script);
			chmodSync(join(bin, name), 0o755);
		}
		writeFileSync(join(folder, "etc", "skew"), "0\n");
	}

	/** Seconds ahead of the computer; negative: behind. */
	get skew(): number {
		return Number(readFileSync(this.#file, "utf8"));
	}

	/** Of programs that start from now on with `faketime`; at once for `date`. */
	set(seconds: number): void {
		writeFileSync(this.#file, `${Math.round(seconds)}\n`);
	}

	/** The command line that runs `argv` by this clock. */
	wrap(argv: readonly string[]): readonly string[] {
		const { skew } = this;
		if (this.#faketime === undefined || skew === 0) return argv;
		return [this.#faketime, "-f", `${skew < 0 ? "" : "+"}${skew}s`, ...argv];
	}
}
