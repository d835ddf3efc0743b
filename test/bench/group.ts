/** What a group of figures is given and does. */
import type { Pi } from "../support/pis.ts";
import type { Figure } from "./figure.ts";

export interface Run {
	/** Only what a floor needs, and quickly. */
	readonly floorsOnly: boolean;
	/** The pi of groups that start one. */
	readonly pi: Pi;
	/** Prints a figure. */
	report(figure: Figure): void;
	/** Tells the person what is under way. */
	say(text: string): void;
}

export type Group = (run: Run) => Promise<void>;
