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
	},
} as const;

export type LivenessSettings = NumberSettings<typeof livenessSchema>;

export const LIVENESS_DEFAULTS: LivenessSettings = numberDefaults(livenessSchema);

/** `values` is the whole of `settings.json`. */
export const livenessSettings = (values: Readonly<Record<string, unknown>>): ReadNumbers<typeof livenessSchema> =>
	numberSettings("liveness", livenessSchema, values);
