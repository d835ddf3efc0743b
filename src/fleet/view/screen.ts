/** What every full view needs of the terminal. */
import type { Binding, KeyMap } from "./keys.ts";
import type { Paint } from "./page.ts";

export interface ScreenParts {
	readonly keys: KeyMap;
	/** Does this key mean pi's `tui.select.up`, …? */
	own(data: string, binding: Binding): boolean;
	readonly paint: Paint;
	redraw(): void;
	leave(): void;
	/** Lines that the view fills. */
	height(): number;
	/** Wall time in ms. */
	now(): number;
}
