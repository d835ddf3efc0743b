/** What the keys of a full view do, as they are set. */
import { ACTIONS, type Action, type KeyMap, saidOf } from "./keys.ts";
import { filled } from "./page.ts";

export const keysText = (map: KeyMap, action: Action): string => map[action].join(", ") || "(none)";

/** A line for each of these, keys first. */
export function helpLines(map: KeyMap, actions: readonly Action[]): readonly string[] {
	const shown = ACTIONS.filter((action) => actions.includes(action));
	const width = Math.max(...shown.map((action) => keysText(map, action).length));
	return shown.map((action) => ` ${filled(keysText(map, action), width)}  ${saidOf(action)}`);
}

/** `s steer`: the first key and what it does, for the last line. */
export const hint = (map: KeyMap, action: Action, word: string): string | undefined =>
	map[action][0] === undefined ? undefined : `${map[action][0]} ${word}`;
