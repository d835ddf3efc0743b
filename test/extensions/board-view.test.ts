/** `/board` in real pi: on the screen, in print and in RPC. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, type Home, makeHome, makeModel, PACKAGE, printPi, RpcPi, until } from "../support/pi.ts";
import { missingTmux, Terminal } from "../support/terminal.ts";

const missing = missingTmux();

/** A hub with one task in review, handed in by another than the orchestrator, and one that is open. */
async function furnished() {
	const home = makeHome({ model: await makeModel({ script: { default: { text: "noted" } } }) });
	const flagship = (...args: readonly string[]): string =>
		execFileSync(process.execPath, [join(PACKAGE, "bin", "flagship.mjs"), ...args], {
			...{ env: home.env, cwd: home.work, encoding: "utf8" },
		});
	const made = (title: string): string => {
		const { id }: { id: string } = JSON.parse(flagship("board", "create", title, "--json"));
		return id;
	};
	const shared = made("Share reports");
	flagship("board", "submit", shared, "--summary", "a link expires", "--reviewed-by", "share");
	made("Write the \u001b[2Jdocs");
	return { home, flagship, shared };
}

const statusOf = (flagship: (...args: readonly string[]) => string, id: string): string =>
	JSON.parse(flagship("board", "get", id, "--json")).status;

const TEXT = /^\? In review 1\n {2}#\w{4} Share reports.* {2}round 1\n○ Open 1\n {2}#\w{4} Write the docs/m;

async function rpcText(pi: Parameters<Parameters<typeof describeEachPi>[1]>[0], home: Home): Promise<void> {
	const driven = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
	driven.send({ type: "prompt", message: "/board" });
	const told = () =>
		driven.records.some(
			({ type, method, message }) =>
				type === "extension_ui_request" && method === "notify" && TEXT.test(String(message)),
		);
	await until(told, "the board as text");
	await driven.stop();
}

await describeEachPi("the board in pi", (pi) => {
	test.skipIf(missing !== undefined)(
		"/board shows tasks by status, one with its history, and approves or sends back after a question",
		{ timeout: 150_000 },
		async () => {
			const { home, flagship, shared } = await furnished();
			const terminal = new Terminal(pi, home);
			await terminal.shows("fleet: no lieutenants");
			terminal.type("/board");
			await terminal.shows(/\? In review 1 .*! Blocked 0 .*○ Open 1/);
			await terminal.shows(/›Share reports .* Write the docs/);
			terminal.press("Enter");
			await terminal.shows(/Round 1, handed in by share .*: a link expires/);
			await terminal.shows("History");
			terminal.press("n");
			await terminal.shows("What has to change in");
			terminal.type("who can revoke it?");
			await terminal.shows("back with these words? y: yes; other keys: no");
			terminal.press("y");
			await terminal.shows("is open: round 1, needs_changes.");
			expect(statusOf(flagship, shared)).toBe("open");
			flagship("board", "submit", shared, "--summary", "the owner", "--reviewed-by", "share");
			await terminal.shows(/in review · .*round 2/);
			terminal.press("a");
			await terminal.shows(/Approve #\w{4} Share reports\?/);
			terminal.press("y");
			await terminal.shows("is done: round 2, approve.");
			expect(statusOf(flagship, shared)).toBe("done");
			terminal.press("q");
			await terminal.shows(/✓ Done 1/);
			terminal.press("/");
			await terminal.shows("Only tasks with these words:");
			terminal.type("docs");
			await terminal.shows("1 of 2 tasks  with docs");
			terminal.press("q");
			await terminal.shows("Board  2 tasks");
			terminal.press("q");
			await terminal.shows("fleet: no lieutenants");
		},
	);

	test("print and RPC have the board as text, filtered by words", { timeout: 120_000 }, async () => {
		const { home } = await furnished();
		const printed = await printPi(pi, home, "/board", { args: ["-e", PACKAGE] });
		expect(printed.stdout + printed.stderr).toMatch(TEXT);
		const filtered = await printPi(pi, home, "/board docs", { args: ["-e", PACKAGE] });
		expect(filtered.stdout + filtered.stderr).toMatch(/^○ Open 1\n/);
		await rpcText(pi, home);
	});
});
