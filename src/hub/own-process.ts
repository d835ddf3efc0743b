/** What a process of the hub's own, started for one job, has in its environment: where things are, nothing that is secret. */
const NAMES = ["PATH", "HOME", "TMPDIR", "TZ", "FLAGSHIP_HOME", "XDG_RUNTIME_DIR"] as const;

export const environment = (): Readonly<Record<string, string>> =>
	Object.fromEntries(
		NAMES.flatMap((name) => {
			const value = process.env[name];
			return value === undefined ? [] : [[name, value]];
		}),
	);
