/** What an earlier host was in the middle of when it ended, and this one brings to its end. */
import { reason } from "../errors.ts";
import { endChecks } from "./golden/proof.ts";
import type { Host } from "./host.ts";
import { wakeResting } from "./machines/still.ts";

export function takeUp(host: Host): void {
	for (const work of [wakeResting, endChecks]) void work(host).catch((thrown) => host.options.complain(reason(thrown)));
}
