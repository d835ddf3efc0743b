/** The settings of watching over lieutenants: `liveness` in `FLAGSHIP_HOME/settings.json`, read when a host starts. */
import { type NumberSettings, numberDefaults, numberSettings, type ReadNumbers } from "../number-settings.ts";

/** JSON Schema of `liveness`. `docs/liveness.md` shows the same names, values and defaults. */
export const livenessSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		probeSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 40,
			default: 30,
			description: "Silence after which a lieutenant's process is asked whether it lives.",
		},
		answerSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 45,
			default: 45,
			description: "Time that it has to answer before it is told as stalled.",
		},
		streamSeconds: {
			type: "integer",
			minimum: 5,
			maximum: 3_600,
			default: 90,
			description: "Silence of the model, while no tool runs, after which that is told.",
		},
		cutSeconds: {
			type: "integer",
			minimum: 5,
			maximum: 86_400,
			default: 600,
			description: "Silence of the model after which its stream is ended and asked anew.",
		},
		diskLowMb: {
			type: "integer",
			minimum: 0,
			maximum: 100_000_000,
			default: 1_024,
			description: "MB free on the disk below which new work is refused; 0: never.",
		},
		diskStopMb: {
			type: "integer",
			minimum: 0,
			maximum: 100_000_000,
			default: 256,
			description: "MB free on the disk below which what runs is paused until there is room; 0: never.",
		},
		holdSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 15,
			description: "How long the fleet first holds back when its provider asks for less; doubled each time.",
		},
		holdMaxSeconds: {
			type: "integer",
			minimum: 1,
			maximum: 3_600,
			default: 300,
			description: "How long at most.",
		},
	},
} as const;

export type LivenessSettings = NumberSettings<typeof livenessSchema>;

export const LIVENESS_DEFAULTS: LivenessSettings = numberDefaults(livenessSchema);

/** `values` is the whole of `settings.json`. */
export const livenessSettings = (values: Readonly<Record<string, unknown>>): ReadNumbers<typeof livenessSchema> =>
	numberSettings("liveness", livenessSchema, values);
