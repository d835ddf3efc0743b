/** Kinds of work, and what each has to show before it is done. A person's settings add kinds, or replace a list. */
import * as contract from "../../contract/queue.ts";
import { fault } from "../../errors.ts";
import { read } from "../handle.ts";

/** Checklists by kind. */
export type Kinds = Readonly<Record<string, readonly string[]>>;

export const KINDS: Kinds = {
	feature: ["It does what was asked", "A test fails without it", "Its docs say how it is used"],
	bug: ["The cause is named", "A test fails without the fix", "The same mistake elsewhere was looked for"],
	refactor: ["Behaviour is unchanged: the same tests pass", "What is not needed any more is gone"],
	docs: ["Each command in it was run", "Who reads it first can follow it"],
	research: ["The question is answered", "Each claim names its source", "What is not known is said"],
	release: [
		"The changelog says what changed",
		"It was installed and started from what is shipped",
		"The way back is known",
	],
};

const ITEMS_MAX = 50;

/** JSON Schema of `board` in `settings.json`. */
export const boardSettingsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		kinds: {
			type: "object",
			description: "Kinds of tasks with the checklist that each begins with; added to those that there are.",
			additionalProperties: { type: "array", items: { type: "string", minLength: 1 }, maxItems: ITEMS_MAX },
		},
	},
} as const;

/** `values` is the whole of `settings.json`, `path` names it. Throws `home_unusable`. */
export function kindSettings(values: Readonly<Record<string, unknown>>, path: string): Kinds {
	const board = objectOf(values.board ?? {}, path, "board");
	for (const name of board.keys())
		if (name !== "kinds") throw fault("home_unusable", path, `there is no setting board.${name}`);
	const own = [...objectOf(board.get("kinds") ?? {}, path, "board.kinds")];
	return { ...KINDS, ...Object.fromEntries(own.map(([kind, list]) => [kind, itemsOf(list, path, kind)])) };
}

function objectOf(value: unknown, path: string, what: string): ReadonlyMap<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value))
		throw fault("home_unusable", path, `${what} must be an object`);
	return new Map(Object.entries(value));
}

function itemsOf(list: unknown, path: string, kind: string): readonly string[] {
	const isText = (item: unknown): item is string => typeof item === "string" && item.trim() !== "";
	if (Array.isArray(list) && list.length <= ITEMS_MAX && list.every(isText)) return list.map((item) => item.trim());
	throw fault("home_unusable", path, `board.kinds.${kind} must be a list of up to ${ITEMS_MAX} texts`);
}

/** The checklist that this kind begins with. Throws `invalid_input`, naming the kinds that there are. */
export function itemsOfKind(kinds: Kinds, kind: string): readonly string[] {
	const items = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
	if (items === undefined)
		throw fault("invalid_input", `invalid kind: ${kind}; there are ${Object.keys(kinds).join(", ")}`);
	return items;
}

/** Of a new task, as it is stored. */
export function checklistOf(kinds: Kinds, kind: string | undefined): string | null {
	const items = kind === undefined ? [] : itemsOfKind(kinds, kind);
	return items.length === 0 ? null : JSON.stringify(items.map((text) => ({ text, done: false })));
}

export const kinds = read(contract.kinds, ({ hub }) => {
	const all = Object.entries(hub.kinds).map(([kind, checklist]) => ({ kind, checklist: [...checklist] }));
	return { kinds: all, count: all.length };
});
