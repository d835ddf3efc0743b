/** The pi that loads us. `pi.on` accepts every event name in every version, so features are told by version alone. */
import { compareVersions } from "../daemon/version.ts";
import { type Fault, fault, reason } from "../errors.ts";

/** Settle gates, `get_entries` and `clear_queue` are there from this version on. */
const OLDEST = "0.87.0";
/** Tools have `exposure`, and `tool_search` finds the deferred ones. */
const EXPOSURE = "0.99.0";

/** Version of the running pi. Before 0.87 it knows neither name under which we ask for it: then it is "0". */
export async function piVersion(): Promise<string> {
	try {
		const { VERSION } = await import("@earendil-works/pi-coding-agent");
		return VERSION;
	} catch (error) {
		// An unknown package name must not end the load: pi treats a failing extension as fatal.
		return `0 (${reason(error).split("\n", 1)[0]})`;
	}
}

/** The refusal that an older pi gets, or undefined. */
export const tooOld = (version: string): Fault | undefined =>
	compareVersions(version, OLDEST) < 0
		? fault("pi_too_old", version.startsWith("0 (") ? "an older one" : version)
		: undefined;

export const knowsExposure = (version: string): boolean => compareVersions(version, EXPOSURE) >= 0;
