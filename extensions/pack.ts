/** Inside a lieutenant's pi: deliveries, role, process groups, session lock. In every other pi it does nothing. */
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";
import { loadOnce } from "../src/pi/once.ts";
import { registerPack } from "../src/pi/pack/pack.ts";
import { lieutenantSelf } from "../src/pi/pack/self.ts";

export default function pack(pi: ExtensionAPI): void {
	const self = lieutenantSelf(process.env, process.pid);
	if (self === undefined || !loadOnce(pi, "pack")) return;
	registerPack(pi, self, async () => {
		const [{ realWorld }, { tryLock }, { packageVersion }] = await Promise.all([
			import("../src/world/real.ts"),
			import("../src/daemon/lock.ts"),
			import("../src/daemon/version.ts"),
		]);
		return { self, world: realWorld(), takeLock: tryLock, version: packageVersion() };
	});
}
