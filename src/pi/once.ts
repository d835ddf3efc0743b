/**
 * Guards an extension against being loaded twice: a lieutenant's pi is started with this package named on its command
 * line, and the person's settings may list another copy of it. The first to come registers; the other stays silent.
 */
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";

const KEY = Symbol.for("flagship.loaded");

/** True when the caller is to register as `name`. Given back at the session's end, so that a reload registers anew. */
export function loadOnce(pi: Pick<ExtensionAPI, "on">, name: string, store: object = globalThis): boolean {
	const known: unknown = Reflect.get(store, KEY);
	const loaded: Set<string> = known instanceof Set ? known : new Set<string>();
	Reflect.set(store, KEY, loaded);
	if (loaded.has(name)) return false;
	loaded.add(name);
	pi.on("session_shutdown", () => {
		loaded.delete(name);
	});
	return true;
}
