/** The brief: put together from what the host and the hub know; and the word that a person is there. */
import * as contract from "../../contract/brief.ts";
import { Fault, fault } from "../../errors.ts";
import { attendanceOf, attended, awayAfter, keepAttendance, type Mark } from "../brief/attendance.ts";
import { type HubPart, hubPart } from "../brief/hub.ts";
import { type Known, ownPart } from "../brief/own.ts";
import { type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";

/** Less than half a cent is not shown as spent. */
const NOTHING = 0.005;

export function briefHandlers(host: Host): readonly HostHandler[] {
	const handlers = [
		handle(contract.show, ({ orchestrator }, context) => {
			const name = orchestrator ?? context.acting?.name ?? context.caller;
			return makeBrief(host, name, attendanceOf(host.store, name)?.since);
		}),
		handle(contract.attend, async ({ session, spentUsd }, { acting, keep }) => {
			if (acting === undefined) throw fault("invalid_input", "Only an orchestrator's session says that.");
			const before = attendanceOf(host.store, acting.name);
			const mark = markNow(host, session, spentUsd);
			const { attendance, away } = attended(before, mark, awayAfter(host.options.settings.values));
			const brief = away === undefined ? undefined : await makeBrief(host, acting.name, away);
			const answer = brief === undefined || contract.isQuiet(brief) ? {} : { brief };
			// Together: noted without an answer, who asks again would have been here all the time and hear nothing.
			host.store.transaction(() => {
				keepAttendance(host.store, acting.name, attendance);
				keep(answer);
			});
			return answer;
		}),
	];
	return handlers as unknown as readonly HostHandler[];
}

function markNow(host: Host, id: string, usd: number): Mark {
	const living = [...host.roster.list(), ...elsewhere(host)];
	const lieutenants = Object.fromEntries(living.map(({ spec, costUsd }) => [spec.id, costUsd]));
	return { at: host.options.world.clock.now(), lieutenants, session: { id, usd } };
}

const elsewhere = (host: Host): readonly (Known & { readonly owner: string })[] =>
	host.machines.rows().map(({ id, name, ...row }) => ({ ...row, spec: { id, name } }));

async function makeBrief(host: Host, orchestrator: string, since: Mark | undefined): Promise<contract.Brief> {
	const known = [...host.roster.list(true), ...elsewhere(host)];
	const standings = known.filter((standing) => standing.owner === orchestrator);
	const own = ownPart({ standings, notices: host.inbox.newest(orchestrator), since });
	const until = host.isoNow();
	const ours = new Set([orchestrator, ...standings.map(({ spec }) => spec.name)]);
	const hub = await askHub(host, orchestrator, ours, since);
	const spent = [...own.spent, { who: orchestrator, usd: hub.usd }];
	return {
		orchestrator,
		...(since === undefined ? {} : { since: new Date(since.at).toISOString() }),
		until,
		done: hub.done,
		finished: own.finished.filter(({ text }) => !hub.done.some(({ id }) => text.includes(id))),
		stuck: own.stuck,
		blocked: hub.blocked,
		reviews: hub.reviews,
		questions: [...own.questions, ...hub.questions],
		keys: own.keys,
		spent: spent.filter(({ usd }) => usd >= NOTHING).sort((a, b) => b.usd - a.usd),
		...(hub.missing === undefined ? {} : { missing: hub.missing }),
	};
}

/** The hub's part; without a hub what is missing, and why. */
async function askHub(
	host: Host,
	orchestrator: string,
	ours: ReadonlySet<string>,
	since: Mark | undefined,
): Promise<HubPart & { readonly missing?: string }> {
	const token = host.tokens.of(`orchestrator:${orchestrator}`, "orchestrator", orchestrator);
	try {
		await host.known(token);
		return await hubPart({ hub: host.hubAs(token), orchestrator, ours, since });
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		return { done: [], blocked: [], reviews: [], questions: [], usd: 0, missing: thrown.message.replace(/\.$/, "") };
	}
}
