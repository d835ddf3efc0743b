/**
 * A snapshot freezes memory, and with it every key. So before one of a VM on which lieutenants of this host live, agents,
 * host and restart loop there end; after it they go on with their keys (`protocol.md` §3 rule 7). Who rests is stored: a
 * host that is killed in between has them go on when it is back, and a VM that stayed paused when it runs again.
 */
import { reason } from "../../errors.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import { unheard } from "../progress.ts";
import { Turns } from "../turns.ts";

const PREFIX = "resting at ";
const AGAIN_MS = 60_000;

/** One at a time for each place: who is woken must not be ended by the snapshot that comes next. */
const queues = new WeakMap<Host, Map<string, Turns>>();

function turnsAt(host: Host, place: string): Turns {
	const all = queues.get(host) ?? new Map<string, Turns>();
	queues.set(host, all);
	const found = all.get(place) ?? new Turns();
	all.set(place, found);
	return found;
}

/**
 * Takes what `work` gives while nothing of ours runs on that VM; where nobody of ours lives there or is on the way there, at
 * once. `staysPaused`: the VM does not run afterwards, so they rest until it does.
 */
export async function whileStill<T>(
	host: Host,
	{ vm, staysPaused }: { readonly vm: string; readonly staysPaused: boolean },
	context: Context,
	work: () => Promise<T>,
): Promise<T> {
	const place = `vers:${vm}`;
	if (!host.machines.lived(place)) return await work();
	const note = (ids: readonly string[]) => host.store.setMeta(`${PREFIX}${place}`, ids.join(" "));
	return await turnsAt(host, place).take(async () => {
		await wake(host, place);
		let done = false;
		try {
			const result = await host.machines.still(place, context, note, work);
			done = true;
			return result;
		} finally {
			if (!done || !staysPaused) await wake(host, place);
		}
	});
}

/** What rests goes on: at one place, or, after a start, at all. */
export async function wakeResting(host: Host, only?: string): Promise<void> {
	const notes = host.store.rows("select key from meta where key like 'resting at %' and value != ''");
	const places = notes.map(({ key }) => String(key).slice(PREFIX.length));
	const chosen = places.filter((place) => only === undefined || place === only);
	await Promise.all(chosen.map((place) => turnsAt(host, place).take(() => wake(host, place))));
}

/** A place that is not reached keeps its note, and is tried again. */
async function wake(host: Host, place: string): Promise<void> {
	const ids = host.store.meta(`${PREFIX}${place}`) ?? "";
	if (ids === "") return;
	try {
		await host.machines.wake(place, ids.split(" "), asHost(host));
		host.store.setMeta(`${PREFIX}${place}`, "");
	} catch (thrown) {
		host.options.complain(`lieutenants on ${place} rest since a snapshot: ${reason(thrown)}`);
		host.options.world.clock.after(AGAIN_MS, () => {
			void wakeResting(host, place).catch((again) => host.options.complain(reason(again)));
		});
	}
}

const asHost = (host: Host): Context => ({
	...{ caller: "host", acting: undefined, target: undefined, launch: undefined, keep: () => undefined },
	...unheard,
	key: `wake ${host.newId()}`,
});
