/**
 * The gates' settings, fixed when a pi process starts. From weakest to strongest: the defaults, `gates` in
 * `FLAGSHIP_HOME/settings.json`, `FLAGSHIP_SET` (one run's exceptions), `FLAGSHIP_GATES` (what a host has fixed for a
 * lieutenant). What cannot be read is not taken: the gate stays as strict as without it, and says so.
 */
import type { Mode } from "./settle.ts";

export const MODES = ["off", "warn", "enforce"] as const satisfies readonly Mode[];

/** The gates that are switched one by one. */
export const GATES = ["workLog", "pushToMain", "protectedPaths", "territory", "board", "review", "deploy"] as const;
export type Gate = (typeof GATES)[number];

/** Settings that are lists of texts. */
const LISTS = ["quietTools", "protectedBranches", "pushGrants", "deployCommands"] as const;
type List = (typeof LISTS)[number];

/** Settings that are whole numbers from 1. */
const COUNTS = ["deployMinutes"] as const;
type Count = (typeof COUNTS)[number];

export interface GateSettings
	extends Readonly<Record<Gate, Mode>>,
		Readonly<Record<List, readonly string[]>>,
		Readonly<Record<Count, number>> {
	/** What was there and could not be read, one sentence each. */
	readonly problems: readonly string[];
}

const gate = (description: string) => ({ enum: MODES, default: "enforce", description }) as const;
const list = (preset: readonly string[], description: string) =>
	({ type: "array", items: { type: "string" }, default: preset, description }) as const;

const count = (preset: number, description: string) =>
	({ type: "integer", minimum: 1, default: preset, description }) as const;

/** JSON Schema of `gates` in `settings.json`. `docs/gates.md` shows the same names, values and defaults. */
export const gatesSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		workLog: gate("Changes must be in the work log before a run ends."),
		pushToMain: gate("Lieutenants do not push to protected branches."),
		protectedPaths: gate("Agents do not change what Flagship and pi run on, or another agent's worktree."),
		territory: gate("A lieutenant does not change files that another's claimed task owns."),
		board: gate("A lieutenant's changes belong to a task that it holds, and done needs evidence."),
		review: gate("Nobody approves their own work."),
		deploy: gate("Agents run no deploy command without a young backup or snapshot of the hub."),
		quietTools: list([], "Names of further tools that leave no trace, such as a web search."),
		protectedBranches: list(["main", "master"], "Protected besides the branch that the remote's HEAD names."),
		pushGrants: list([], "Names of lieutenants that may push to protected branches; each such push is told."),
		deployCommands: list([], "Beginnings of commands that deploy, such as npm run deploy."),
		deployMinutes: count(60, "How old, in minutes, the newest backup or snapshot may be for a deploy."),
	},
} as const satisfies { readonly properties: Readonly<Record<Gate | List | Count, unknown>> } & Readonly<
	Record<string, unknown>
>;

const { properties } = gatesSchema;

export const GATE_DEFAULTS: GateSettings = {
	workLog: properties.workLog.default,
	pushToMain: properties.pushToMain.default,
	protectedPaths: properties.protectedPaths.default,
	territory: properties.territory.default,
	board: properties.board.default,
	review: properties.review.default,
	deploy: properties.deploy.default,
	quietTools: properties.quietTools.default,
	protectedBranches: properties.protectedBranches.default,
	pushGrants: properties.pushGrants.default,
	deployCommands: properties.deployCommands.default,
	deployMinutes: properties.deployMinutes.default,
	problems: [],
};

type Env = Readonly<Record<string, string | undefined>>;

/** `values` is the whole of `settings.json`. */
export function gateSettings(values: Readonly<Record<string, unknown>>, env: Env): GateSettings {
	const fromFile = take(GATE_DEFAULTS, "gates", values.gates);
	const fromSet = pairs(env.FLAGSHIP_SET).filter(([key]) => key.startsWith("gates."));
	const chosen = fromSet.reduce((settings, [key, value]) => one(settings, key.slice("gates.".length), value), fromFile);
	return pairs(env.FLAGSHIP_GATES).reduce((settings, [key, value]) => one(settings, key, value), chosen);
}

/** `FLAGSHIP_GATES` for a lieutenant: what its host fixes at launch. */
export const gatesEnvironment = (settings: GateSettings): string =>
	[
		...GATES.map((name) => `${name}=${settings[name]}`),
		...LISTS.map((name) => `${name}=${settings[name].map(encodeURIComponent).join("+")}`),
		...COUNTS.map((name) => `${name}=${settings[name]}`),
	].join(",");

/** A project's own wishes, below the folder in which its pi works. */
export const PROJECT_FILE = ".pi/flagship.json";

/**
 * What the text of a project's file makes of the settings: stricter, never looser. It comes with the repository, so an
 * agent or a stranger may have written it; what would loosen is named and not taken.
 */
export function tighten(settings: GateSettings, text: string | undefined): GateSettings {
	if (text === undefined) return settings;
	const asked = wishes(text);
	if (asked === undefined) return complain(settings, `${PROJECT_FILE} must be {"gates": {…}}`);
	const read = take({ ...settings, problems: [] }, `gates of ${PROJECT_FILE}`, asked);
	const looser = GATES.filter((name) => MODES.indexOf(read[name]) < MODES.indexOf(settings[name]));
	const closed = (["quietTools", "pushGrants"] as const).filter((name) => Object.hasOwn(asked, name));
	const modes = Object.fromEntries(GATES.map((name) => [name, looser.includes(name) ? settings[name] : read[name]]));
	return {
		...settings,
		...modes,
		protectedBranches: [...new Set([...settings.protectedBranches, ...read.protectedBranches])],
		deployCommands: [...new Set([...settings.deployCommands, ...read.deployCommands])],
		deployMinutes: Math.min(settings.deployMinutes, read.deployMinutes),
		problems: [
			...settings.problems,
			...read.problems,
			...looser.map((name) => `${PROJECT_FILE} may not loosen gates.${name}; it stays ${settings[name]}`),
			...closed.map((name) => `${PROJECT_FILE} may not set gates.${name}`),
		],
	};
}

function wishes(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		const asked: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "gates") : undefined;
		return typeof asked === "object" && asked !== null && !Array.isArray(asked) ? asked : undefined;
	} catch {
		// Not JSON: named by the caller like any other shape that it should not have.
		return undefined;
	}
}

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
	const mode = GATES.find((name) => name === key);
	if (mode !== undefined) {
		if (isMode(value)) return { ...settings, [mode]: value };
		return complain(settings, `gates.${mode} must be one of ${MODES.join(", ")}; it stays ${settings[mode]}`);
	}
	const counted = COUNTS.find((name) => name === key);
	if (counted !== undefined) {
		const number = typeof value === "string" && value !== "" ? Number(value) : value;
		if (Number.isSafeInteger(number) && Number(number) >= 1) return { ...settings, [counted]: Number(number) };
		return complain(settings, `gates.${counted} must be a whole number from 1; it stays ${settings[counted]}`);
	}
	const texts = LISTS.find((name) => name === key);
	if (texts === undefined) return complain(settings, `there is no setting gates.${key}`);
	const names = typeof value === "string" ? value.split("+").filter(Boolean).map(decoded) : value;
	if (Array.isArray(names) && names.every((name) => typeof name === "string")) return { ...settings, [texts]: names };
	return complain(settings, `gates.${texts} must be a list of texts`);
}

/** A name out of an environment variable, where `,`, `+` and `=` are written as in an address. */
function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		// A person's own "%" in `FLAGSHIP_SET`: meant as it stands.
		return text;
	}
}

const complain = (settings: GateSettings, problem: string): GateSettings => ({
	...settings,
	problems: [...settings.problems, problem],
});
