/** Any data folder of a vers-agent-services: what is sound comes over and goes back as it was, what is not is counted. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ADMIN, testHub } from "../hub/support.ts";
import { at, idAt, type OldData, oldData, writeOldData } from "../support/old-data.ts";
import { flagship, type Shell, shell } from "./support.ts";

/** Each brings up two hubs and six commands; its records are many instead. */
const RUNS = 3;
const MANY = 40;

type Fields = Record<string, unknown>;
/** A record, and whether it is one that today's rules take. */
interface Made {
	readonly fields: Fields;
	readonly sound: boolean;
}

const words = fc.string({ unit: "binary", maxLength: 30 }).map((text) => `w${text}`);
const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
const tags = fc.array(words, { maxLength: 3 });
const data = fc.jsonValue({ maxDepth: 3 });

/** Records with ids and times that grow, of which some have one field that nothing takes. */
function records(
	fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
	optional: Readonly<Record<string, fc.Arbitrary<unknown>>>,
	named: (n: number) => Fields,
): fc.Arbitrary<readonly Made[]> {
	const one = fc.record({ ...fields, ...optional }, { requiredKeys: Object.keys(fields) });
	const spoiling = fc.constantFrom<unknown>(null, 5, {}, "");
	const spoiled = fc.option(fc.tuple(fc.constantFrom(...Object.keys(fields)), spoiling), { freq: 6 });
	return fc.array(fc.tuple(one, spoiled), { minLength: 5, maxLength: MANY }).map((all) =>
		all.map(([given, broken], n) => {
			const sound: Fields = { ...named(n), ...given };
			return broken === null
				? { fields: sound, sound: true }
				: { fields: { ...sound, [broken[0]]: broken[1] }, sound: false };
		}),
	);
}

const stamped = (n: number): Fields => ({ id: idAt(n + 1), timestamp: at(n + 1) });
const dated = (n: number): Fields => ({ id: idAt(n + 1), createdAt: at(n + 1), updatedAt: at(n + 2) });

const folders = fc.record({
	log: records({ text: words }, { agent: names }, stamped),
	journal: records(
		{ text: words },
		{ author: names, mood: names, tags: fc.array(words, { minLength: 1, maxLength: 3 }) },
		stamped,
	),
	events: records({ agent: names, type: names, summary: words }, { detail: data, metadata: data }, stamped),
	// A second record of one snapshot is refused, as it should be: here each has its own.
	commits: records({ vmId: words }, { label: words, agent: names, tags }, (n) => ({
		...stamped(n),
		commitId: `c-${n}`,
	})),
	reports: records({ title: words, author: names, content: words }, {}, (n) => ({ ...dated(n), tags: [] })),
	tasks: records(
		{ title: words, createdBy: names, status: fc.constantFrom("open", "in_progress", "blocked", "done") },
		{ description: words, assignee: names },
		(n) => ({ ...dated(n), tags: [], dependencies: [], notes: [], artifacts: [], score: n }),
	),
});
type Folder = typeof folders extends fc.Arbitrary<infer F> ? F : never;
const KINDS = ["log", "journal", "events", "commits", "reports", "tasks"] as const;

/** The other files as they always are. */
function withAll(folder: Folder, wanted: (made: Made) => boolean): OldData {
	const taken = KINDS.map((kind) => [kind, folder[kind].filter(wanted).map(({ fields }) => fields)] as const);
	return { ...oldData(), links: [], accesses: [], ...Object.fromEntries(taken) };
}

function contents(folder: string): Readonly<Record<string, readonly Fields[]>> {
	const text = (name: string) => readFileSync(join(folder, name), "utf8");
	const lines = (name: string): Fields[] =>
		text(`${name}.jsonl`)
			.split("\n")
			.filter(Boolean)
			.map((line) => JSON.parse(line));
	const list = (name: string, field: string): Fields[] => JSON.parse(text(`${name}.json`))[field];
	return {
		...{ log: lines("log"), journal: lines("journal"), commits: lines("commits") },
		// The hub's own word of what it did is no record of the folder's.
		events: lines("feed").filter(({ type }) => type !== "records_imported" && type !== "skill_published"),
		...{ reports: list("reports", "reports"), tasks: list("board", "tasks"), vms: list("registry", "vms") },
	};
}

async function bring(machine: Shell, folder: string) {
	const { code, out, err } = await flagship(machine, "import", folder, "--json");
	expect(err).toBe("");
	const told = JSON.parse(out);
	const rows: readonly Readonly<Record<string, number>>[] = told.rows;
	const sum = (field: string) => rows.reduce((all, row) => all + (row[field] ?? 0), 0);
	return { code, told, in: sum("in"), added: sum("added"), known: sum("known"), rejected: sum("rejected") };
}

async function fresh() {
	const hub = await testHub();
	return { hub, machine: shell({ VERS_INFRA_URL: hub.hub.address, VERS_AUTH_TOKEN: ADMIN }) };
}

test("whatever is in it: counts add up, twice adds nothing, export gives back what is sound, and that comes over as it is", async () => {
	await fc.assert(
		fc.asyncProperty(folders, async (folder) => {
			const { hub, machine } = await fresh();
			const [given, sound] = [join(machine.folder, "data"), join(machine.folder, "sound")];
			await writeOldData(
				given,
				withAll(folder, () => true),
			);
			await writeOldData(
				sound,
				withAll(folder, (made) => made.sound),
			);
			const broken = KINDS.flatMap((kind) => folder[kind]).filter((made) => !made.sound).length;

			const first = await bring(machine, given);
			const strange = ({ why }: { readonly why: string }) => !/ is required$|^invalid /.test(why);
			expect(first.told.rejects.filter(strange)).toEqual([]);
			expect(first).toMatchObject({ code: 0, known: 0, rejected: broken, told: { addsUp: true } });
			expect(first.added).toBe(first.in - broken);
			expect(first.told.rejects).toHaveLength(broken);
			const again = await bring(machine, given);
			expect(again).toMatchObject({ code: 0, in: first.in, added: 0, known: first.added, rejected: broken });

			const back = join(machine.folder, "back");
			expect(await flagship(machine, "export", back, "--data", hub.folder)).toMatchObject({ code: 0, err: "" });
			expect(contents(back)).toEqual(contents(sound));

			const second = await fresh();
			expect(await bring(second.machine, back)).toMatchObject({ code: 0, rejected: 0, told: { addsUp: true } });
			const round = join(second.machine.folder, "round");
			await flagship(second.machine, "export", round, "--data", second.hub.folder);
			expect(contents(round)).toEqual(contents(back));
			await Promise.all([hub.hub.close(), second.hub.hub.close()]);
		}),
		{ numRuns: RUNS, endOnFailure: true },
	);
}, 120_000);
