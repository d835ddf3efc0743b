/** Keeps records for a hub that is away, for the agents and sessions of this machine. */
import { keep } from "../../contract/spool.ts";
import { fault } from "../../errors.ts";
import { type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";

export const spoolHandlers = (host: Host): readonly HostHandler[] =>
	[
		handle(keep, ({ operation, input, key }, { caller }) => {
			const known = host.options.operations.find((declared) => declared.name === operation);
			if (known?.spool !== true) throw fault("invalid_input", `operation: ${operation} cannot wait for the hub`);
			return { waiting: host.keep(subjectOf(host, caller), operation, input, key) };
		}),
	] as readonly HostHandler[];

/** Whose token the record will be sent with. */
function subjectOf(host: Host, caller: string): string {
	const lieutenant = host.roster.named(caller);
	if (lieutenant !== undefined) return `lieutenant:${lieutenant.spec.id}`;
	const orchestrator = `orchestrator:${caller}`;
	return host.tokens.list().some((held) => held.subject === orchestrator) ? orchestrator : "host";
}
