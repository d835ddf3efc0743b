/**
 * The gates' settings, fixed when a pi process starts. From weakest to strongest: the defaults, `gates` in
 * `FLAGSHIP_HOME/settings.json`, `FLAGSHIP_SET` (one run's exceptions), `FLAGSHIP_GATES` (what a host has fixed for a
 * lieutenant). What cannot be read is not taken: the gate stays as strict as without it, and says so.
 */
import type { Mode } from "./settle.ts";

export const MODES = ["off", "warn", "enforce"] as const satisfies readonly Mode[];

export interface GateSettings {
	readonly workLog: Mode;
	/** Further tools that leave no trace, by name. */
	readonly quietTools: readonly string[];
	/** What was there and could not be read, one sentence each. */
	readonly problems: readonly string[];
}

/** JSON Schema of `gates` in `settings.json`. `docs/gates.md` shows the same names, values and defaults. */
export const gatesSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		workLog: {
			enum: MODES,
			default: "enforce",
			description: "Changes must be in the work log before a run ends.",
		},
		quietTools: {
			type: "array",
			items: { type: "string" },
			default: [],
			description: "Names of further tools that leave no trace, such as a web search.",
		},
	},
} as const;

export const GATE_DEFAULTS: GateSettings = { workLog: "enforce", quietTools: [], problems: [] };

type Env = Readonly<Record<string, string | undefined>>;

/** `values` is the whole of `settings.json`. */
export function gateSettings(values: Readonly<Record<string, unknown>>, env: Env): GateSettings {
	const fromFile = take(GATE_DEFAULTS, "gates", values.gates);
	const fromSet = pairs(env.FLAGSHIP_SET).filter(([key]) => key.startsWith("gates."));
	const chosen = fromSet.reduce((settings, [key, value]) => one(settings, key.slice("gates.".length), value), fromFile);
	return pairs(env.FLAGSHIP_GATES).reduce((settings, [key, value]) => one(settings, key, value), chosen);
}

/** `FLAGSHIP_GATES` for a lieutenant: what its host fixes at launch. */
export const gatesEnvironment = ({ workLog, quietTools }: GateSettings): string =>
	[`workLog=${workLog}`, ...(quietTools.length > 0 ? [`quietTools=${quietTools.join("+")}`] : [])].join(",");

const pairs = (text: string | undefined): readonly (readonly [string, string])[] =>
	(text ?? "")
		.split(",")
		.map((pair) => pair.trim())
		.filter((pair) => pair !== "")
		.map((pair) => {
			const at = pair.indexOf("=");
			return at === -1 ? [pair, ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
		});

const isMode = (value: unknown): value is Mode => MODES.some((mode) => mode === value);

function take(settings: GateSettings, where: string, value: unknown): GateSettings {
	if (value === undefined) return settings;
	if (typeof value !== "object" || value === null || Array.isArray(value))
		return complain(settings, `${where} must be an object`);
	return Object.entries(value).reduce((so, [key, given]) => one(so, key, given), settings);
}

function one(settings: GateSettings, key: string, value: unknown): GateSettings {
	switch (key) {
		case "workLog":
			return isMode(value)
				? { ...settings, workLog: value }
				: complain(settings, `gates.workLog must be one of ${MODES.join(", ")}; it stays ${settings.workLog}`);
		case "quietTools": {
			const names: unknown = typeof value === "string" ? value.split("+").filter(Boolean) : value;
			if (Array.isArray(names) && names.every((name) => typeof name === "string"))
				return { ...settings, quietTools: names };
			return complain(settings, "gates.quietTools must be a list of tool names");
		}
		default:
			return complain(settings, `there is no setting gates.${key}`);
	}
}

const complain = (settings: GateSettings, problem: string): GateSettings => ({
	...settings,
	problems: [...settings.problems, problem],
});
