/**
 * The keys of the full views: defaults, what a person's settings make of them, and whether what was typed is one. pi's own
 * keys for lists (up, down, page, confirm, cancel) hold besides, so that nobody can lock themselves in.
 */
import { decodeKittyPrintable, type KeyId, matchesKey } from "@earendil-works/pi-tui";

const keys = (preset: readonly string[], description: string) =>
	({ type: "array", items: { type: "string", minLength: 1 }, default: preset, description }) as const;

/** JSON Schema of `terminal` in `settings.json`. `docs/terminal.md` shows the same names, keys and defaults. */
export const terminalSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		keys: {
			type: "object",
			additionalProperties: false,
			properties: {
				up: keys(["up", "k"], "The row above; earlier lines of a text."),
				down: keys(["down", "j"], "The row below; later lines of a text."),
				left: keys(["left", "h"], "The board's column before."),
				right: keys(["right", "l"], "The board's next column."),
				pageUp: keys(["pageUp"], "A page up."),
				pageDown: keys(["pageDown", "space"], "A page down."),
				open: keys(["enter"], "The transcript, or the task."),
				steer: keys(["s"], "Type to the lieutenant: it is steered while it works, prompted else."),
				stop: keys(["x"], "Stop the lieutenant, after a question; its session is kept."),
				stopAll: keys(["X"], "Stop all that run, after a question."),
				resume: keys(["r"], "Start one that was stopped again."),
				approve: keys(["a"], "Approve what waits in review, after a question."),
				needsChanges: keys(["n"], "Send what waits in review back, with your words and after a question."),
				filter: keys(["/"], "Show only tasks with these words."),
				columns: keys(["c", "tab"], "The board as columns, or as a list."),
				help: keys(["?"], "What the keys do."),
				yes: keys(["y"], "Yes, to a question; every other key is no."),
				leave: keys(["q", "escape"], "Back, and out."),
			},
		},
	},
} as const;

const { properties } = terminalSchema.properties.keys;
export type Action = keyof typeof properties;
export const ACTIONS = Object.keys(properties) as readonly Action[];

export type KeyMap = Readonly<Record<Action, readonly string[]>>;
export const DEFAULT_KEYS = Object.fromEntries(ACTIONS.map((name) => [name, properties[name].default])) as KeyMap;
export const saidOf = (action: Action): string => properties[action].description;

export interface ChosenKeys {
	readonly keys: KeyMap;
	/** What was there and could not be taken, one sentence each. */
	readonly problems: readonly string[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** `values` is the whole of `settings.json`. What cannot be read is not taken. */
export function chosenKeys(values: Readonly<Record<string, unknown>>): ChosenKeys {
	const { terminal = {} } = values;
	if (!isRecord(terminal) || !isRecord(terminal.keys ?? {}))
		return { keys: DEFAULT_KEYS, problems: ['terminal must be {"keys": {…}}'] };
	let chosen: KeyMap = DEFAULT_KEYS;
	const problems: string[] = [];
	for (const [name, given] of Object.entries(terminal.keys ?? {})) {
		const action = ACTIONS.find((one) => one === name);
		if (action === undefined) problems.push(`there is no setting terminal.keys.${name}`);
		else if (Array.isArray(given) && given.every((key) => typeof key === "string" && key !== ""))
			chosen = { ...chosen, [action]: given };
		else problems.push(`terminal.keys.${name} must be a list of keys`);
	}
	return { keys: chosen, problems: [...problems, ...clashes(chosen)] };
}

/** Which key has two meanings; what stands first in the table wins. */
function clashes(chosen: KeyMap): readonly string[] {
	return ACTIONS.flatMap((action, index) =>
		ACTIONS.slice(index + 1).flatMap((other) =>
			chosen[action]
				.filter((key) => chosen[other].includes(key))
				.map((key) => `${key} is both ${action} and ${other}; it is ${action}`),
		),
	);
}

/** Letters as they are typed (`x` and `X` are two), others by name (`ctrl+x`, `pageUp`), in any protocol of terminals. */
export function isKey(data: string, key: string): boolean {
	if ([...key].length === 1) return (decodeKittyPrintable(data) ?? data) === key;
	return matchesKey(data, key as KeyId);
}

/** pi's bindings that mean the same. */
const BINDINGS = {
	up: "tui.select.up",
	down: "tui.select.down",
	pageUp: "tui.select.pageUp",
	pageDown: "tui.select.pageDown",
	open: "tui.select.confirm",
	leave: "tui.select.cancel",
} as const satisfies Partial<Record<Action, string>>;
export type Binding = (typeof BINDINGS)[keyof typeof BINDINGS];

/** The first meaning of what was typed, among these. */
export function meaningOf(
	data: string,
	map: KeyMap,
	own: (data: string, binding: Binding) => boolean,
): Action | undefined {
	const meant = ACTIONS.find((action) => map[action].some((key) => isKey(data, key)));
	if (meant !== undefined) return meant;
	const bound = (Object.keys(BINDINGS) as (keyof typeof BINDINGS)[]).find((action) => own(data, BINDINGS[action]));
	return bound;
}
