/** The settings of bounded work: `bounds` in `FLAGSHIP_HOME/settings.json`, read when a host starts. */

import { type NumberSettings, numberDefaults, numberSettings, type ReadNumbers } from "../number-settings.ts";

/** JSON Schema of `bounds`. `docs/bounds.md` shows the same names, values and defaults. */
export const boundsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		turns: {
			type: "integer",
			minimum: 1,
			maximum: 1_000,
			default: 30,
			description: "Turns that work may take when no cap is named.",
		},
		usd: {
			type: "number",
			minimum: 0.01,
			maximum: 1_000,
			default: 2,
			description: "US dollars that work may cost when no cap is named.",
		},
		quietTurns: {
			type: "integer",
			minimum: 1,
			maximum: 1_000,
			default: 15,
			description: "Turns without a write after which the reminder comes.",
		},
		rungTurns: {
			type: "integer",
			minimum: 1,
			maximum: 100,
			default: 3,
			description: "Turns from one rung to the next: reminder, steer, hard steer, stop.",
		},
		steerSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 10,
			description: "Seconds in which a steer is consumed, before it is made hard and before the stop.",
		},
		checkSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 120,
			description: "Seconds after which a check (`command:…`) is ended.",
		},
	},
} as const;

export type BoundSettings = NumberSettings<typeof boundsSchema>;

export const BOUND_DEFAULTS: BoundSettings = numberDefaults(boundsSchema);

/** `values` is the whole of `settings.json`. */
export const boundSettings = (values: Readonly<Record<string, unknown>>): ReadNumbers<typeof boundsSchema> =>
	numberSettings("bounds", boundsSchema, values);
