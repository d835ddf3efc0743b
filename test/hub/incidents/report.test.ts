import { describe, expect, test } from "vitest";
import * as contract from "../../../src/contract/incidents.ts";
import { redact } from "../../../src/hub/incidents/redact.ts";
import { type Body, testHub } from "../support.ts";

const { ask, done, mint } = await testHub();
const hostToken = await mint("host", `01${"H".repeat(24)}`);
const host = { token: hostToken };
const lead = { token: await mint("orchestrator", "lead", hostToken) };
const ann = { token: await mint("lieutenant", "ann", hostToken) };

const RAW = '{"error":"netlink error: Address in use (os error 98)","success":false}';
const TIME = "2026-01-01T00:0";
const DAY: readonly object[] = [
	{
		...{ type: "refused", what: "lt-usage could not be made", at: `${TIME}0:00Z`, running: 6, lieutenant: "lt-usage" },
		...{ call: "POST /vm/from_commit, 500", raw: RAW },
	},
	{
		...{ type: "leaked", what: "its deletion failed", at: `${TIME}1:00Z`, machine: "4f1c | 2" },
		...{ call: "DELETE /vm/4f1c, 500", raw: "of ops@vers.sh at fd00:fe11::5 and 10.0.0.7\n~~~~\n/root/.pi/x" },
	},
	{ type: "fell_back", what: "lt-usage was made here", at: `${TIME}2:00Z`, lieutenant: "lt-usage" },
];

async function anIncident(): Promise<Body> {
	for (const { id } of (await done("GET", "/incidents?state=open")).incidents)
		await done("POST", `/incidents/${id}/close`, {});
	let last: Body;
	for (const fact of [...DAY, DAY[0]]) last = await done("POST", "/incidents", { cause: "capacity", ...fact }, host);
	return last;
}

const report = (id: string, input: object, as: object = lead): Promise<Body> =>
	done("POST", `/incidents/${id}/report`, input, as);

describe("an incident written up", () => {
	test("has impact, timeline and a reproduction in the platform's words, ready to be pasted", async () => {
		const { id } = await anIncident();
		await done("POST", `/incidents/${id}/close`, { at: `${TIME}9:00Z` }, host);
		const { markdown } = await report(id, {});
		expect(markdown).toBe(
			[
				"# Machines cannot be made: no capacity (2026-01-01)",
				"",
				`From ${TIME}0:00.000Z until ${TIME}9:00.000Z. Times are of the machine that saw it. First: lt-usage could not be made`,
				...["", "## Impact", ""],
				...["- Refused 2 times", "- Fewest machines that ran when it refused: 6", "- Machines: 1 (4f1c \\| 2)"],
				...["- Agents: 1 (lt-usage)", "- Made elsewhere instead: 1 (lt-usage)"],
				"- Deletions that failed: 1 (4f1c \\| 2)",
				...["", "## Timeline", "", "| when | what | in words | about |", "|---|---|---|---|"],
				`| ${TIME}0:00.000Z | refused | lt-usage could not be made (2 times, last ${TIME}0:00.000Z) | lt-usage |`,
				`| ${TIME}1:00.000Z | leaked | its deletion failed | 4f1c \\| 2 |`,
				`| ${TIME}2:00.000Z | fell back | lt-usage was made here | lt-usage |`,
				...["", "## Reproduction", "", "1. POST /vm/from\\_commit, 500, with 6 machines running", ""],
				...["~~~platform", RAW, "~~~", "", "2. DELETE /vm/4f1c, 500", ""],
				...["~~~~~platform", "of [mail address] at [address] and [address]", "~~~~", "~/.pi/x", "~~~~~", ""],
				"",
				"Keys, addresses and home folders are left out; ids of machines are as the platform gave them.",
				"",
			].join("\n"),
		);
	});

	test("is told to a model without the platform's words, and printed whole for a person", async () => {
		const { id } = await anIncident();
		const answer = await report(id, {});
		const told = contract.report.tell(answer, { id });
		expect(told).toContain("## Timeline");
		expect(told).not.toMatch(/netlink|~~~|\.pi\/x/);
		expect(told.match(/own words stand here/g)).toHaveLength(2);
		expect(contract.report.print?.(answer, { id })).toContain("netlink");
		const whole = await done("GET", `/incidents/${id}`);
		expect(whole.timeline[0].raw).toBe(RAW);
		for (const said of [contract.get.tell(whole, { id }), contract.list.tell({ incidents: [whole], count: 1 }, {})])
			expect(said).not.toContain("netlink");
	});

	test("is published as a report, and again as its next version; unchanged it stays as it is", async () => {
		const { id } = await anIncident();
		const first = await report(id, { publish: true });
		expect(await done("GET", `/reports/${first.report}`)).toMatchObject({
			...{ title: "Machines cannot be made: no capacity (2026-01-01)", author: "lead", version: 1 },
			...{ tags: ["incident", "capacity"], content: first.markdown },
		});
		expect(await done("GET", `/incidents/${id}`)).toMatchObject({ report: first.report });
		await report(id, { publish: true });
		expect(await done("GET", `/reports/${first.report}`)).toMatchObject({ version: 1 });
		await done("POST", "/incidents", { cause: "capacity", type: "note", what: "the platform answers" }, host);
		const second = await report(id, { publish: true });
		expect(second.report).toBe(first.report);
		expect(await done("GET", `/reports/${first.report}`)).toMatchObject({ version: 2, content: second.markdown });
		await done("DELETE", `/reports/${first.report}`);
		expect((await report(id, { publish: true })).report).not.toBe(first.report);
	});

	test("has a link for somebody without a token, by who leads alone", async () => {
		const { id } = await anIncident();
		const { url, report: made } = await report(id, { publish: true, share: "7d" });
		const shown = await fetch(url);
		expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining("netlink error")]);
		expect((await done("GET", `/reports/${made}/shares`)).links).toMatchObject([{ revoked: 0 }]);
		expect(await ask("POST", `/incidents/${id}/report`, { publish: true, share: "7d" }, ann)).toMatchObject({
			status: 403,
			body: { error: "A lieutenant may not share a report." },
		});
		expect(await ask("POST", `/incidents/${id}/report`, { share: "7d" }, lead)).toMatchObject({ status: 400 });
		expect((await report(id, {}, ann)).markdown).toContain("## Impact");
	});

	test("whose link cannot be made is not published either", async () => {
		const { id } = await anIncident();
		expect(await ask("POST", `/incidents/${id}/report`, { publish: true, share: "2001-01-01" }, lead)).toMatchObject({
			status: 400,
		});
		expect((await done("GET", `/incidents/${id}`)).report).toBeUndefined();
	});

	test("shows of a long one the first facts, and says how many it leaves out", async () => {
		const { id } = await anIncident();
		const many = Array.from({ length: 520 }, (_, i) => ({ cause: "capacity", type: "note", what: `note ${i}` }));
		await Promise.all(many.map((fact) => done("POST", "/incidents", fact, host)));
		const { markdown } = await report(id, {});
		expect(markdown).toContain("\n23 later facts are not shown.\n");
	});
});

test.each([
	["at fd00:fe11:deed:1337::1, port 443", "at [address], port 443"],
	["2001:db8:0:1:2:3:4:5 and ::1", "[address] and ::1"],
	["10.1.2.3:8080 of 1.2.3.4.5", "[address]:8080 of 1.2.3.4.5"],
	["at 12:30:45, in src/a.ts:3:4", "at 12:30:45, in src/a.ts:3:4"],
	["/home/ann/x /Users/ann /root/y /rooted", "~/x ~ ~/y /rooted"],
	["ann.b+c@mail.example.com", "[mail address]"],
	["vm 0f8fad5b-d9cb-469f-a165-70867728950e", "vm 0f8fad5b-d9cb-469f-a165-70867728950e"],
	["VERS_API_KEY=abcdefgh12345678", "VERS_API_KEY=[masked]"],
])("what others need not know is left out: %j", (text, expected) => {
	expect(redact(text)).toBe(expected);
});
