/** The skills of this machine, brought up to the hub's at somebody's word. */
import { pull } from "../../contract/skillhub.ts";
import { type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";

export const skillHandlers = (host: Host): readonly HostHandler[] =>
	[handle(pull, () => host.skills.pull())] as readonly HostHandler[];
