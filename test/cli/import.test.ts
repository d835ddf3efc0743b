/** `flagship import` and `flagship export` on the data folder of a vers-agent-services. */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runHub } from "../hub/hub-process.ts";
import { ADMIN, testHub } from "../hub/support.ts";
import { makeFolder } from "../support/folder.ts";
import { at, idAt, type OldData, oldData, writeOldData } from "../support/old-data.ts";
import { until } from "../support/until.ts";
import { begin, flagship, type Shell, shell } from "./support.ts";

async function imported(machine: Shell, folder: string) {
	const { code, out, err } = await flagship(machine, "import", folder, "--json");
	expect(err).toBe("");
	const told = JSON.parse(out);
	const sums = (field: string): number =>
		told.rows.reduce((sum: number, row: Record<string, number>) => sum + (row[field] ?? 0), 0);
	return { code, told, in: sums("in"), added: sums("added"), known: sums("known"), rejected: sums("rejected") };
}

/** A person's shell with the address of a hub that has nothing yet. */
async function machineWithHub(more: Record<string, string> = {}) {
	const hub = await testHub();
	const machine = shell({ VERS_INFRA_URL: hub.hub.address, VERS_AUTH_TOKEN: ADMIN, ...more });
	return { machine, hub, read: (path: string) => hub.done("GET", path) };
}

const documents = ["board", "registry", "skills", "extensions", "agent-manifests", "reports"] as const;
const streams = ["feed", "log", "journal", "commits"] as const;

/** What the files hold, but for the hub's own skills and what it says of them and of the import. */
function contents(folder: string): Record<string, unknown> {
	const own = (one: { publishedBy?: string; agent?: string }) =>
		one.publishedBy !== "flagship" && one.agent !== "flagship";
	const read = (name: string) => readFileSync(join(folder, name), "utf8");
	const lines = (name: string) =>
		read(`${name}.jsonl`)
			.split("\n")
			.filter(Boolean)
			.map((line) => JSON.parse(line));
	return Object.fromEntries([
		...documents.map((name) => [name, JSON.parse(read(`${name}.json`))]),
		...streams.map((name) => [name, lines(name).filter(own)]),
	]);
}

test("an old data folder comes over with ids, times, authors and order; its addresses go on working; twice adds nothing; export gives it back", async () => {
	const { machine, hub, read } = await machineWithHub();
	const folder = join(machine.folder, "data");
	const data = oldData();
	await writeOldData(folder, data);
	const before = contents(folder);

	const first = await imported(machine, folder);
	expect(first).toMatchObject({
		code: 0,
		in: 31,
		added: 31,
		known: 0,
		rejected: 0,
		told: { addsUp: true, rejects: [] },
	});
	const again = await imported(machine, folder);
	expect(again).toMatchObject({ code: 0, in: 31, added: 0, known: 31, rejected: 0 });
	expect(again.told.noted).toEqual([]);

	const [task] = data.tasks;
	expect(await read(`/board/tasks/${task?.id}`)).toEqual(task);
	const events = await read("/feed/events?limit=1000&since=0");
	const ids = data.events.map(({ id }) => id);
	expect(events.filter(({ id }: { id: string }) => ids.includes(id)).map(({ id }: { id: string }) => id)).toEqual(ids);
	// Two of one millisecond whose ids are not in order: after each come those that were written after it.
	const [, high, low, last] = ids;
	for (const [since, next] of [
		[high, low],
		[low, last],
	]) {
		const after = await read(`/feed/events?limit=1&since=${since}`);
		expect(after[0].id).toBe(next);
	}
	const usage = await read("/usage?range=all");
	expect(usage.totals).toMatchObject({ tokens: 1_500, cost: 7.5, sessions: 2, vms: 2 });
	expect((await read("/log/search?words=thing")).entries).toMatchObject([{ id: data.log[0]?.id, timestamp: at(1) }]);
	expect((await read("/board/search?words=blocked")).tasks).toMatchObject([{ id: task?.id }]);

	const report = String(data.reports[0]?.id);
	const { links } = await read(`/reports/${report}/shares`);
	expect(links).toMatchObject([
		{ reportId: report, createdAt: at(4), createdBy: "admin", label: "board", accessCount: 1 },
	]);
	const secret = String(data.links[0]?.linkId);
	expect(JSON.stringify(links)).not.toContain(secret);
	const { address } = hub.hub;
	expect(await (await fetch(`${address}/reports/share/${secret}`)).text()).toContain("Findings");
	// Its name, which lists show, opens nothing.
	expect((await fetch(`${address}/reports/share/${links[0].linkId}`)).status).toBe(404);

	const back = join(machine.folder, "back");
	expect(await flagship(machine, "export", back, "--data", hub.folder)).toMatchObject({ code: 0, err: "" });
	const exported = contents(back);
	const mine = <T extends { name: string }>(all: T[]): T[] =>
		all.filter(({ name }) => /^(deploying|helper)$/.test(name));
	expect(exported.board).toEqual(before.board);
	for (const name of ["registry", "agent-manifests", "reports", "log", "journal", "commits"] as const)
		expect(exported[name], name).toEqual(before[name]);
	for (const [name, list] of [
		["skills", "skills"],
		["extensions", "extensions"],
	] as const) {
		const [was, is] = [before[name], exported[name]] as Record<string, { name: string }[]>[];
		expect(mine(is?.[list] ?? [])).toEqual(was?.[list]);
		expect(mine(is?.changeLog ?? [])).toEqual(was?.changeLog);
	}
	const said = exported.feed as { id: string }[];
	expect(said.filter(({ id }) => ids.includes(id))).toEqual(before.feed);
	expect(statSync(back).mode & 0o077).toBe(0);
	expect(await flagship(machine, "export", back, "--data", hub.folder)).toMatchObject({
		code: 1,
		err: expect.stringContaining("there already"),
	});

	// And what was exported comes over to another machine as it was, names of links and all.
	const { machine: other, hub: second, read: readSecond } = await machineWithHub();
	expect(await imported(other, back)).toMatchObject({ code: 0, told: { addsUp: true } });
	const round = join(other.folder, "round");
	await flagship(other, "export", round, "--data", second.folder);
	expect(contents(round)).toEqual(exported);
	expect((await readSecond(`/reports/${report}/shares`)).links).toEqual(
		links.map((link: object) => ({ ...link, accessCount: 2 })),
	);
	expect((await readSecond("/usage?range=all")).totals).toEqual(usage.totals);
	expect((await readSecond("/usage/sessions")).sessions).toEqual((await read("/usage/sessions")).sessions);
});

/** What people and models write: any script, quotes, line ends, what looks like code. */
const words = fc
	.oneof(
		fc.string({ unit: "grapheme", maxLength: 120 }),
		fc.constantFrom("<b>$&</b>", '"quoted" \\ `code`', "line\r\nline\n\n", "'; drop table tasks; --", "\u2028\u202e"),
	)
	.map((text) => `w${text}`);
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const json = fc.dictionary(name, fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 4 });
const minute = fc.integer({ min: 1, max: 300_000 });
/** As many as may come; each with an id and a time of its own, which is in it. */
const some = (fields: Record<string, fc.Arbitrary<unknown>>, make: (fields: Fields, at: number) => Fields) =>
	fc.array(
		fc.tuple(fc.record(fields), minute).map(([made, when]) => make(made as Fields, when)),
		{ maxLength: 12 },
	);
type Fields = Record<string, unknown>;

const ofTasks = some(
	{
		title: words,
		description: words,
		status: fc.constantFrom("open", "blocked", "done"),
		tags: fc.array(name),
		content: words,
	},
	({ content, ...task }, when) => ({
		...{ id: idAt(when), ...task, dependencies: [], createdBy: "orc", createdAt: at(when), updatedAt: at(when) },
		notes: [{ id: idAt(when), author: "lt-a", content, type: "update", createdAt: at(when) }],
		...{ artifacts: [], score: 0 },
	}),
);
const ofEvents = some({ summary: words, metadata: json }, (event, when) => ({
	...{ id: idAt(when), agent: "lt-a", type: "custom", ...event, timestamp: at(when) },
}));
const ofLog = some({ text: words }, ({ text }, when) => ({ id: idAt(when), timestamp: at(when), text, agent: "lt-a" }));
const ofJournal = some({ text: words, mood: name, tags: fc.array(name) }, ({ text, mood, tags }, when) => ({
	...{ id: idAt(when), timestamp: at(when), text, author: "lt-a", mood, tags },
}));
const ofReports = some({ title: words, content: words, tags: fc.array(name) }, (report, when) => ({
	...{ id: idAt(when), ...report, author: "lt-a", createdAt: at(when), updatedAt: at(when) },
}));
const byTime = (all: readonly Fields[], field: string): Fields[] =>
	all.toSorted((a, b) => (String(a[field]) < String(b[field]) ? -1 : 1));

test("whatever is in an old folder comes over and back as it was: in is added, twice adds nothing", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.record({ tasks: ofTasks, events: ofEvents, log: ofLog, journal: ofJournal, reports: ofReports }),
			async (made) => {
				const { machine, hub } = await machineWithHub();
				const [folder, back] = [join(machine.folder, "data"), join(machine.folder, "back")];
				const none = Object.fromEntries(Object.keys(oldData()).map((key) => [key, []])) as unknown as OldData;
				const ordered = { ...made, events: byTime(made.events, "timestamp"), log: byTime(made.log, "timestamp") };
				await writeOldData(folder, { ...none, ...ordered, journal: byTime(made.journal, "timestamp") });
				// Each task has a note, which is a record of its own.
				const count = Object.values(made).reduce((sum, { length }) => sum + length, made.tasks.length);
				expect(await imported(machine, folder)).toMatchObject({ in: count, added: count, rejected: 0, code: 0 });
				expect(await imported(machine, folder)).toMatchObject({ in: count, added: 0, known: count });
				expect(await flagship(machine, "export", back, "--data", hub.folder)).toMatchObject({ code: 0 });
				const [before, after] = [contents(folder), contents(back)];
				const ids = new Set(made.events.map(({ id }) => id));
				const feed = (after.feed as Fields[]).filter(({ id }) => ids.has(id));
				for (const of of ["log", "journal"] as const) expect(after[of]).toEqual(before[of]);
				expect(feed).toEqual(before.feed);
				const listed = (all: unknown, key: string) => byTime((all as Record<string, Fields[]>)[key] ?? [], "id");
				expect(listed(after.board, "tasks")).toEqual(listed(before.board, "tasks"));
				expect(listed(after.reports, "reports")).toEqual(listed(before.reports, "reports"));
				await hub.hub.close();
			},
		),
		// A failing folder is printed as it is: making it smaller would take a minute for each step.
		{ numRuns: 6, endOnFailure: true },
	);
}, 240_000);

/** Each is refused, and nothing else is for it. */
function spoil(folder: string, data: OldData): void {
	const evil = { ...data.skills[0], id: idAt(20), name: "../../../evil" };
	const one = data.tasks[1] ?? {};
	const [a, b] = [idAt(21), idAt(22)];
	const circle = [
		{ ...one, id: a, dependencies: [b, "no-such-task"] },
		{ ...one, id: b, dependencies: [a] },
	];
	const tasks = [
		...data.tasks,
		...circle,
		{ ...one, id: idAt(23), tags: null },
		{ ...one, title: "a second of the name" },
	];
	const extra = { ...one, id: idAt(24), colour: "red" };
	const document = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value, null, 2));
	document("skills.json", { skills: [...data.skills, evil], changeLog: data.skillChanges });
	document("registry.json", { vms: [...data.vms, { ...data.vms[0], id: "vm-9", lastSeen: "yesterday" }] });
	const text = JSON.stringify({ tasks: [...tasks, extra, one] }, null, 2);
	writeFileSync(join(folder, "board.json"), text.slice(0, -40));
	const far = { ...data.events[0], id: `7${"Z".repeat(25)}` };
	const cleared = { ...data.events[0], id: idAt(25), type: "feed_cleared" };
	appendFileSync(join(folder, "feed.jsonl"), `${[far, cleared].map((event) => JSON.stringify(event)).join("\n")}\n`);
	appendFileSync(join(folder, "feed.jsonl"), `{"id":"${idAt(26)}","agent":"a","type":"custom","summary":NaN}\n`);
	appendFileSync(
		join(folder, "log.jsonl"),
		`${JSON.stringify({ id: idAt(3), timestamp: at(3), text: "x".repeat(1_100_000) })}\n`,
	);
	appendFileSync(join(folder, "log.jsonl"), Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]));
	appendFileSync(join(folder, "journal.jsonl"), `{"id":"${idAt(3)}","timestamp":"${at(3)}","te`);
	appendFileSync(join(folder, "commits.jsonl"), `[1]\n\n${"[".repeat(200_000)}\n`);
}

test("what is torn, malformed, too large or against today's rules is listed with file and line, kept as it stood, and stops nothing", async () => {
	const { machine, read } = await machineWithHub();
	const folder = join(machine.folder, "data");
	const data = oldData();
	const links = [
		...data.links,
		{ ...data.links[0], linkId: "letmein" },
		{ ...data.links[0], linkId: idAt(30), expiresAt: "some day" },
	];
	const nan = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: Number.NaN };
	const sessions = [...data.sessions, { ...data.sessions[0], id: idAt(31), cost: nan }];
	await writeOldData(folder, { ...data, links, sessions });
	spoil(folder, data);
	symlinkSync("/etc/passwd", join(folder, "agent-manifests.json.link"));
	const { code, told, ...sums } = await imported(machine, folder);
	expect(code).toBe(0);
	expect(told.addsUp).toBe(true);
	expect(told.others).toEqual(["agent-manifests.json.link"]);
	const rejects: { file: string; line: number; kind: string; why: string }[] = told.rejects;
	const found = rejects.map(({ file, kind, why }) => `${file} ${kind}: ${why}`);
	for (const wanted of [
		/^skills.json skill: invalid name: ..\/..\/..\/evil/,
		/^registry.json vm: invalid lastSeen: yesterday/,
		/^board.json task: tags is required/,
		/^board.json task: a record of this name came before, in line \d+/,
		/^board.json task: the file's end cuts it off/,
		/^board.json task: the file is cut off/,
		/^board.json dependency: unknown dependency: no-such-task/,
		/^board.json dependency: .*depend/,
		/^feed.jsonl event: its id is of a time to come/,
		/^feed.jsonl event: an event of type feed_cleared/,
		/^feed.jsonl event: it is no JSON/,
		/^log.jsonl log: it is longer than 1000000 bytes/,
		/^log.jsonl log: it is no UTF-8/,
		/^journal.jsonl journal: it is no JSON/,
		/^commits.jsonl commit: it is no object/,
		/^commits.jsonl commit: it is no JSON/,
		/^reports.db link: its address could be guessed/,
		/^reports.db link: invalid expiresAt: some day/,
		/^usage.duckdb session: cost.total is required|^usage.duckdb session: invalid cost.total/,
	])
		expect(found, String(wanted)).toContainEqual(expect.stringMatching(wanted));
	expect(rejects.length).toBe(19);
	expect(sums.rejected).toBe(19);
	expect(told.noted).toMatchObject([{ file: "board.json", why: expect.stringContaining("colour") }]);
	// What is sound is all here: of the circle the half that closes it is not.
	expect(sums.added).toBe(31 + 4);
	const kept = readFileSync(told.rejectsFile, "utf8")
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(kept).toHaveLength(20);
	expect(kept.find(({ file }) => file === "journal.jsonl").raw).toContain('"te');
	expect(statSync(told.rejectsFile).mode & 0o077).toBe(0);
	expect(rejects.find(({ file }) => file === "journal.jsonl")?.line).toBe(3);

	// The same again: the same is refused, nothing is added, and the feed still counts what came before.
	const again = await imported(machine, folder);
	expect(again).toMatchObject({ code: 0, added: 0, rejected: 19 });
	expect((await read("/feed/stats")).byAgent["lt-b"]).toBe(1);
});

test("an import that is killed, and its hub with it, goes on where it was; a folder that has grown adds what is new", async () => {
	const personAt = (address: string) => shell({ VERS_INFRA_URL: address, VERS_AUTH_TOKEN: ADMIN });
	const kept = makeFolder();
	const folder = join(makeFolder(), "data");
	const data = oldData();
	await writeOldData(folder, data);
	const many = Array.from({ length: 6_000 }, (_, n) => ({
		id: idAt(100 + n),
		timestamp: at(100 + n),
		text: `entry ${n}`,
	}));
	appendFileSync(join(folder, "log.jsonl"), many.map((one) => `${JSON.stringify(one)}\n`).join(""));
	const killed = await runHub(kept);
	const { child, end } = begin(personAt(killed.address), ["import", folder]);
	const last = async () => (await killed.ask("GET", "/log/search?words=entry&limit=1")).body.entries[0];
	await until(async () => (await last()) !== undefined, "the first entries");
	killed.child.kill("SIGKILL");
	child.kill("SIGKILL");
	await Promise.all([end, killed.ended]);
	const hub = await runHub(kept);
	const rest = await imported(personAt(hub.address), folder);
	expect(rest).toMatchObject({ code: 0, in: 6_031, rejected: 0, told: { addsUp: true } });
	expect(rest.known).toBeGreaterThan(0);
	expect(rest.added).toBeGreaterThan(0);
	const page = (await hub.ask("GET", `/log?since=${at(0)}&limit=1000`)).body;
	expect(page.entries.slice(2).map(({ text }: { text: string }) => text)).toEqual(
		many.slice(0, 998).map(({ text }) => text),
	);
	appendFileSync(
		join(folder, "log.jsonl"),
		`${JSON.stringify({ id: idAt(9_999), timestamp: at(9_999), text: "one more" })}\n`,
	);
	expect(await imported(personAt(hub.address), folder)).toMatchObject({ added: 1, known: 6_031 });
});

test("a folder elsewhere is fetched by ssh, whatever it is called; no name of host or folder becomes a command", async () => {
	const tools = makeFolder();
	// As sshd does it: the words of the command are one line for the account's shell.
	writeFileSync(
		join(tools, "ssh"),
		`#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\necho "$1" >> "${tools}/hosts"\nexec sh -c "$2"\n`,
	);
	chmodSync(join(tools, "ssh"), 0o755);
	const { machine } = await machineWithHub({ PATH: `${tools}:${process.env.PATH}` });
	const folder = join(machine.folder, "it's $(touch evil); touch evil2 #");
	mkdirSync(folder);
	await writeOldData(folder, oldData());
	expect(await imported(machine, `ssh:root@infra.example:${folder}`)).toMatchObject({
		code: 0,
		added: 31,
		rejected: 0,
	});
	expect(readFileSync(join(tools, "hosts"), "utf8").trim().split("\n")).toContain("root@infra.example");
	for (const evil of ["evil", "evil2"]) expect(() => statSync(join(machine.folder, evil))).toThrow("ENOENT");
	for (const from of ["ssh:-oProxyCommand=touch evil:data", "ssh:a b:data", "ssh:host:", "ssh:host:a\nb"])
		expect(await flagship(machine, "import", from), from).toMatchObject({
			code: 2,
			err: expect.stringContaining("ssh:host:folder"),
		});
	const none = await flagship(machine, "import", `ssh:infra.example:${machine.folder}/none`);
	expect(none).toMatchObject({ code: 1, err: expect.stringContaining("on infra.example") });
});
