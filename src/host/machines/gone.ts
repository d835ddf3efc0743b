/** A machine that its platform does not know any more, and what follows for those who lived there. */
import type { Lieutenant } from "../../contract/lieutenants.ts";
import type { Host } from "../host.ts";

/** Each death is told once, by its host here, and what they held is given back in their owner's name. */
export function machineGone(host: Host, rows: readonly Lieutenant[], why: string): void {
	for (const { id, name, owner, task, place } of rows) {
		const text =
			`${name} failed: ${why}. What it had sent to the hub is there (log, transcript, reports); its folder went with ` +
			"the machine.\nNext: vers_lt_destroy forgets it, vers_lt_create makes another.";
		host.news.notice({ owner, about: { id, name }, type: "death", text, cause: { type: "machine-gone" } });
		if (task !== undefined) host.keep(voiceOf(host, owner), "board.release", { id: task }, `machine gone ${id}`);
		host.vms.gone(place);
	}
}

/** Who speaks for a fleet: its orchestrator, where this host holds its token. */
function voiceOf(host: Host, owner: string): string {
	const subject = `orchestrator:${owner}`;
	return host.tokens.inUse(subject) ? subject : "host";
}
