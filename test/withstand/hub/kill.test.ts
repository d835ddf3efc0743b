import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { runHub } from "../../hub/hub-process.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { type Counts, difference, learn, rowsIn, timesOf, whole } from "./rows.ts";
import { type Acknowledged, serviceOf, tokensOf, UNKEYED, WRITES, Writes } from "./writes.ts";

const WRITERS = 8;
/** Of each operation at least so many in each life before the signal comes. */
const EACH = 2;

const folder = makeFolder();
const first = await runHub(folder);
const tokens = await tokensOf(first.address);
const learned = await learn(folder, new Writes(first.address, tokens));
first.child.kill("SIGTERM");
await first.ended;

/** Writes everything in turn until the hub is gone; what it refuses or breaks off was not promised. */
async function write(writes: Writes, from: number, ended: () => boolean, refused: string[]): Promise<void> {
	for (let n = from; !ended(); n++) {
		const name = WRITES[n % WRITES.length]?.name ?? "";
		try {
			await writes.done(name);
		} catch (thrown) {
			// `fetch` says so when nobody answers; everything else is a word of the hub.
			if (thrown instanceof TypeError) return;
			refused.push(String(thrown));
		}
	}
}

async function lifeUntil(signal: "SIGKILL" | "SIGTERM", refused: string[]): Promise<readonly Acknowledged[]> {
	const { address, child, ended } = await runHub(folder);
	const writes = new Writes(address, tokens);
	let over = false;
	void ended.then(() => (over = true));
	const step = Math.floor(WRITES.length / WRITERS);
	const writers = Array.from({ length: WRITERS }, (_, n) => write(writes, n * step, () => over, refused));
	const times = (name: string) => writes.acknowledged.filter(({ sent }) => sent.operation === name).length;
	await until(() => WRITES.every(({ name }) => times(name) >= EACH), "each write to be acknowledged", 60_000);
	child.kill(signal);
	await Promise.all([...writers, ended]);
	return writes.acknowledged;
}

test("has a writer for every service that writes", () => {
	expect([...learned.keys()]).toEqual(WRITES.map(({ name }) => name));
	expect(new Set(WRITES.map(({ name }) => serviceOf(name))).size).toBeGreaterThan(12);
});

test.each([["SIGKILL"], ["SIGTERM"]] as const)(
	"%s in the middle of every kind of write loses none that was acknowledged, and leaves none half",
	async (signal) => {
		const before = rowsIn(folder);
		const refused: string[] = [];
		const acknowledged = await lifeUntil(signal, refused);
		for (const word of refused) expect(word).toMatch(/hub_away/);
		const { address, child, ended } = await runHub(folder);
		const after = rowsIn(folder);
		const gained = difference(after, before);
		expect(gained).toEqual(whole(learned, gained));
		expect(lost(acknowledged, gained)).toEqual([]);
		await repeat(new Writes(address, tokens), acknowledged);
		expect(rowsIn(folder)).toEqual(after);
		child.kill("SIGTERM");
		await ended;
	},
	120_000,
);

/** Operations of which fewer are there than were acknowledged, and keys that are not there. */
function lost(acknowledged: readonly Acknowledged[], gained: Counts): readonly string[] {
	const file = new DatabaseSync(`${folder}/hub.db`, { readOnly: true });
	const keys = new Set((file.prepare("select key from keys").all() as { key: string }[]).map(({ key }) => key));
	file.close();
	const keyed = acknowledged.filter(({ sent }) => !UNKEYED.has(sent.operation));
	const missing = keyed.filter(({ sent }) => !keys.has(sent.key)).map(({ sent }) => `${sent.operation} ${sent.key}`);
	const fewer = [...UNKEYED].filter((operation) => {
		const wanted = acknowledged.filter(({ sent }) => sent.operation === operation).length;
		return timesOf(learned, gained, operation) < wanted;
	});
	return [...missing, ...fewer];
}

/** Who repeats what was acknowledged has the first answer again, and nothing more is written. */
async function repeat(writes: Writes, acknowledged: readonly Acknowledged[]): Promise<void> {
	const keyed = acknowledged.filter(({ sent }) => !UNKEYED.has(sent.operation));
	const last = new Map(keyed.map((one) => [one.sent.operation, one]));
	for (const { sent, answer } of last.values()) {
		expect((await writes.send(sent)).answer, sent.operation).toEqual(answer);
	}
}
