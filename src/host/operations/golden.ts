/** What can be asked about golden images. One thing at a time: a second build would only cost another machine. */
import * as contract from "../../contract/golden.ts";
import { fault } from "../../errors.ts";
import { type HostHandler, handle } from "../calls.ts";
import { buildGolden } from "../golden/build.ts";
import { checkGolden } from "../golden/check.ts";
import type { Host } from "../host.ts";

export function goldenHandlers(host: Host): readonly HostHandler[] {
	let busy = false;
	const alone = async <T>(work: () => Promise<T>): Promise<T> => {
		if (busy) throw fault("golden_busy");
		busy = true;
		try {
			return await work();
		} finally {
			busy = false;
		}
	};
	const handlers = [
		handle(contract.build, (input, context) => alone(() => buildGolden(host, input, context))),
		handle(contract.check, (input, context) => alone(() => checkGolden(host, input, context))),
	];
	return handlers as unknown as readonly HostHandler[];
}
