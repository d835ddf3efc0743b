/** The section `machines` of `settings.json`: what holds for all machines but this one. */

import { FALLBACKS, type Fallback } from "../../contract/lieutenants.ts";

/** JSON Schema of `machines` in `settings.json`. */
export const machinesSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		env: {
			type: "array",
			items: { type: "string" },
			default: [],
			description:
				"Variables of `env`, or of your session, that lieutenants on other machines get besides the keys of pi's providers.",
		},
		fallback: {
			enum: FALLBACKS,
			default: "ask",
			description: "When a machine cannot have a new lieutenant: make it here, have a person asked, or neither.",
		},
		sshConfig: {
			type: "string",
			pattern: "^/",
			description: "Another configuration of ssh than your own, for the ways to other machines.",
		},
	},
} as const;

export interface MachineSettings {
	readonly env: readonly string[];
	readonly fallback: Fallback;
	readonly sshConfig: string | undefined;
}

export interface ReadMachineSettings {
	readonly settings: MachineSettings;
	readonly problems: readonly string[];
}

/** `values` is the whole of `settings.json`. What cannot be read is named, and counts as not said. */
export function machineSettings({ machines }: Readonly<Record<string, unknown>>): ReadMachineSettings {
	const isSection = typeof machines === "object" && machines !== null && !Array.isArray(machines);
	const said: Readonly<Record<string, unknown>> = isSection ? { ...machines } : {};
	const { env, fallback, sshConfig, ...others } = said;
	const wish = fallback === undefined ? "ask" : FALLBACKS.find((one) => one === fallback);
	const names = Array.isArray(env) ? env : [];
	const goodEnv = env === undefined || (Array.isArray(env) && names.every((name) => typeof name === "string"));
	const goodConfig = sshConfig === undefined || (typeof sshConfig === "string" && sshConfig.startsWith("/"));
	const problems = [
		...(machines === undefined || isSection ? [] : ["machines must be an object"]),
		...(goodEnv ? [] : ["machines.env must be a list of names"]),
		...(wish === undefined ? [`machines.fallback must be one of ${FALLBACKS.join(", ")}`] : []),
		...(goodConfig ? [] : ["machines.sshConfig must be an absolute path"]),
		...Object.keys(others).map((name) => `machines.${name} is not known`),
	];
	return {
		settings: {
			env: goodEnv ? names.map(String) : [],
			fallback: wish ?? "ask",
			sshConfig: goodConfig && typeof sshConfig === "string" ? sshConfig : undefined,
		},
		problems,
	};
}
