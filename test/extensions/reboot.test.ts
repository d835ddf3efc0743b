/** As after a reboot: every process of ours is killed at once, and a session is started again. Through the shipped entry. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processesNaming } from "../support/leftovers.ts";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, RpcPi, until } from "../support/pi.ts";

const NAMES = ["ada", "bo"] as const;
const give = (name: string) => ({
	name: "vers_lt_create",
	arguments: { name, role: `[[agent:${name}]] a tester`, task: `words-for-${name}` },
});
const sleep = { toolCalls: [{ name: "bash", arguments: { command: "sleep 300" } }] };

interface Row {
	readonly name: string;
	readonly state: string;
	readonly lives: number;
	readonly tool?: string;
	readonly id: string;
}

await describeEachPi("when every process was killed", (pi) => {
	const rowsOf = (home: Home): readonly Row[] => {
		const flagship = [join(PACKAGE, "bin", "flagship.mjs"), "lt", "status", "--json"];
		const said = execFileSync(process.execPath, flagship, { cwd: home.work, env: home.env, encoding: "utf8" });
		const parsed: unknown = JSON.parse(said);
		return (Array.isArray(parsed) ? parsed : Reflect.get(Object(parsed), "lieutenants")) as Row[];
	};

	test("the next session has the same fleet: sessions go on, messages come once, each death is told once", async () => {
		const model = await makeModel({
			script: {
				agents: {
					orc: { steps: [{ toolCalls: NAMES.map(give) }], after: { text: "I wait." } },
					back: { after: { text: "I am back" } },
					ada: { cursor: "turns", steps: [sleep], after: { text: "ada went on" } },
					bo: { cursor: "turns", steps: [sleep], after: { text: "bo went on" } },
				},
				default: { text: "noted" },
			},
		});
		const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" } });
		const first = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		await first.prompt("[[agent:orc]] go", 40_000);
		const before = await until(
			() => {
				const rows = rowsOf(home);
				return rows.filter((row) => row.tool !== undefined).length === NAMES.length && rows;
			},
			"both in a tool",
			30_000,
		);

		// The orchestrator, hub, host, their loops and every lieutenant, in no order.
		const all = processesNaming(home.root);
		expect(all.length).toBeGreaterThanOrEqual(7);
		for (const pid of all) process.kill(pid, "SIGKILL");
		await until(() => processesNaming(home.root).length === 0, "the end of every process", 20_000);

		const second = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
		await second.prompt("[[agent:back]] what was I doing?", 40_000);
		const heard = (what: RegExp): number =>
			Math.max(
				0,
				...model.requests
					.filter(({ key }) => key === "back")
					.map(({ body }) => [...JSON.stringify(body).matchAll(what)].length),
			);
		await until(
			() => NAMES.every((name) => heard(new RegExp(`${name} finished`, "g")) > 0),
			"both completions",
			50_000,
		);
		for (const name of NAMES) {
			// In the conversation, apart from the live state that ends a request.
			expect(heard(new RegExp(`${name}'s process ended`, "g"))).toBe(1);
			const asked = model.requests.filter(({ key }) => key === name).map(({ body }) => JSON.stringify(body));
			expect(Math.max(...asked.map((body) => body.split(`words-for-${name}`).length - 1))).toBe(1);
		}
		const after = rowsOf(home);
		const shape = (rows: readonly Row[]) => rows.map(({ id, name }) => `${name} ${id}`).sort();
		expect(shape(after)).toEqual(shape(before));
		expect(after.map(({ state, lives }) => [state, lives])).toEqual([
			["idle", 2],
			["idle", 2],
		]);
		await second.stop();
	}, 150_000);
});
