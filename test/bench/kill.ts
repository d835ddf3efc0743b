/** The hub is killed while it writes: everything that it acknowledged is there when it is back. */
import { makeHome } from "../support/home.ts";
import { until } from "../support/until.ts";
import type { Group } from "./group.ts";
import { type Hub, startHub } from "./program.ts";
import { ask, bytesOf, Wire } from "./wire.ts";

const WRITERS = 16;
/** Acknowledged in each life before the signal comes. */
const EACH = 400;
const SIGNALS = ["SIGKILL", "SIGTERM"] as const;

/** Writes until the hub is gone. */
async function write(hub: Hub, acknowledged: string[]): Promise<void> {
	const wire = await Wire.to(hub.url);
	const post = (path: string, body: unknown): Buffer => bytesOf({ method: "POST", path, token: hub.token, body });
	for (let n = 0; ; n++) {
		const request =
			n % 2 === 0
				? post("/log", { text: `entry ${n}`, agent: "bench" })
				: post("/board/tasks", { title: `task ${n}`, createdBy: "bench" });
		// A lost connection is the end that we wait for: what was not acknowledged was not promised.
		const answer = await wire.ask(request).catch(() => undefined);
		if (answer === undefined) return;
		if (answer.status === 201) acknowledged.push(JSON.parse(answer.body).id);
	}
}

async function idsOf(hub: Hub, path: string, key: string): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | undefined;
	do {
		const more = cursor === undefined ? "" : `&cursor=${cursor}`;
		const page = await ask(hub.url, { method: "GET", path: `${path}limit=1000${more}`, token: hub.token });
		ids.push(...page[key].map(({ id }: { id: string }) => id));
		cursor = page.next;
	} while (cursor !== undefined);
	return ids;
}

export const kill: Group = async (run) => {
	const home = makeHome();
	const rounds = run.floorsOnly ? 2 : 5;
	for (const signal of SIGNALS) {
		const acknowledged: string[] = [];
		let hub = await startHub(home);
		for (let round = 0; round < rounds; round++) {
			const writers = Array.from({ length: WRITERS }, () => write(hub, acknowledged));
			const enough = acknowledged.length + EACH;
			await until(() => acknowledged.length >= enough, `${EACH} acknowledged writes`, 60_000);
			await Promise.all([hub.end(signal), ...writers]);
			hub = await startHub(home);
		}
		const kept = new Set([
			...(await idsOf(hub, "/log?last=7d&", "entries")),
			...(await idsOf(hub, "/board/tasks?", "tasks")),
		]);
		const value = acknowledged.filter((id) => !kept.has(id)).length;
		const at = { signal, kills: rounds, acknowledged: acknowledged.length };
		run.report({ bench: "kill.lost", at, value, unit: "writes", floor: { atMost: 0 } });
		await hub.end("SIGTERM");
	}
};
