/** All that a host can be asked. */
import type { HostHandler } from "../calls.ts";
import type { Host } from "../host.ts";
import { briefHandlers } from "./brief.ts";
import { checkHandlers } from "./check.ts";
import { goldenHandlers } from "./golden.ts";
import { lieutenantHandlers } from "./lieutenants.ts";
import { moveHandlers } from "./move.ts";
import { ralphHandlers } from "./ralph.ts";
import { repositoryHandlers } from "./repositories.ts";
import { skillHandlers } from "./skills.ts";
import { spoolHandlers } from "./spool.ts";
import { vmHandlers } from "./vms.ts";

const MAKERS = [
	...[lieutenantHandlers, spoolHandlers, briefHandlers, ralphHandlers, checkHandlers, skillHandlers, vmHandlers],
	...[moveHandlers, repositoryHandlers, goldenHandlers],
];

export const handlersOf = (host: Host): readonly HostHandler[] => MAKERS.flatMap((made) => made(host));
