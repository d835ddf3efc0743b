/**
 * `npm run docs:shots`: the pictures of the guides, of the real thing: real lieutenants on the scripted model, a real hub, a
 * real browser. Only the records of past days are filled in.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { noBrowser } from "../support/browser.ts";
import { putAway } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import { makeModel } from "../support/model.ts";
import { pis } from "../support/pis.ts";
import { RpcPi } from "../support/rpc.ts";
import { until } from "../support/until.ts";
import { visitor } from "./browser.ts";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const PICTURES = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));

const bash = (command: string) => ({ toolCalls: [{ name: "bash", arguments: { command } }] });
const create = (name: string, role: string, task: string) => ({
	toolCalls: [{ name: "vers_lt_create", arguments: { name, role: `[[agent:${name}]] ${role}`, task } }],
});

const SCRIPT = {
	agents: {
		orc: [
			create("usage", "You keep the figures", "Sum usage by day"),
			create("share", "You own the reports", "Share links that can be revoked"),
			create("docs", "You write for people", "Rewrite the install page"),
			{ text: "Three are at work." },
		],
		usage: [
			bash(
				"mkdir -p src && echo 'export const byDay = () => [];' > src/usage.ts && git add -A && git commit -qm 'Totals by day'",
			),
			{ text: "I look at how days are counted.", ...bash("sleep 600") },
		],
		share: [
			bash(
				"mkdir -p src && echo 'export const revoke = () => true;' > src/share.ts && git add -A && git commit -qm 'Revoke a link'",
			),
			{ hold: "share", text: "Links end now." },
		],
		docs: [
			bash("printf '# Install\\n\\nOne command.\\n' > INSTALL.md"),
			{ text: "One page is left.", ...bash("sleep 600") },
		],
	},
	default: { text: "Noted." },
};

interface Hub {
	readonly address: string;
	/** A command of this home, in a shell. */
	flagship(...args: string[]): string;
}

function hubOf(home: Home): Hub {
	const flagship = (...args: string[]): string =>
		execFileSync(process.execPath, [`${PACKAGE}/bin/flagship.mjs`, ...args], {
			cwd: home.work,
			env: home.env,
			encoding: "utf8",
		});
	const { origin } = new URL(JSON.parse(flagship("open", "--print", "--json")).url);
	return { address: origin, flagship };
}

const PAST = [
	...[
		"Read the parser before touching it",
		"Mend the date of the last day of a month",
		"Name the columns of the export",
	],
	...["Refuse a cap of zero", "Say which test failed", "Keep the order of notes"],
];

/** By the page's own session. */
async function fill(page: Page): Promise<void> {
	const post = (path: string, body: unknown) =>
		page.evaluate(
			`fetch("api/${path}", { method: "POST", headers: { "x-flagship-protocol": "1" }, body: ${JSON.stringify(JSON.stringify(body))} }).then(({ ok, status }) => { if (!ok) throw new Error("${path} " + status); })`,
		);
	for (const [n, title] of PAST.entries())
		await post("board/tasks", { title, status: ["open", "blocked", "done", "done", "open", "done"][n] ?? "open" });
	for (let day = 13; day >= 0; day--) {
		const at = new Date(Date.now() - day * 86_400_000).toISOString();
		const used = 400_000 + ((day * 7_919) % 11) * 90_000;
		const money = (used / 1_000_000) * 0.9;
		await post("usage/sessions", {
			...{ sessionId: `past-${day}`, agent: ["usage", "share", "docs"][day % 3], parentAgent: "cap", turns: 30 },
			...{ model: day % 4 === 0 ? "large" : "small", toolCalls: {}, startedAt: at, endedAt: at },
			tokens: { input: used, output: 0, cacheRead: 0, cacheWrite: 0, total: used },
			cost: { input: money, output: 0, cacheRead: 0, cacheWrite: 0, total: money },
		});
	}
}

async function main(): Promise<void> {
	if (noBrowser !== undefined) throw new Error(noBrowser);
	const [pi] = await pis();
	if (pi === undefined || pi.missing !== undefined) throw new Error(pi?.missing ?? "there is no pi");
	mkdirSync(PICTURES, { recursive: true });
	const model = await makeModel({ script: SCRIPT });
	const home = makeHome({ model, env: { FLAGSHIP_SET: "gates.workLog=off", FLAGSHIP_ORCHESTRATOR: "cap" } });
	execFileSync("git", ["init", "-q"], { cwd: home.work, env: home.env });
	execFileSync("git", ["commit", "-q", "--allow-empty", "-m", "begin"], { cwd: home.work, env: home.env });
	const orchestrator = new RpcPi(pi, home, { args: ["-e", PACKAGE] });
	await orchestrator.prompt("[[agent:orc]] Three pieces of work, please");
	const hub = hubOf(home);
	model.release("share");
	await until(() => /share\s.*idle/.test(hub.flagship("status")), "share's end", 60_000);
	const person = await visitor({
		address: hub.address,
		link: async () => JSON.parse(hub.flagship("open", "--print", "--json")).url,
	});
	const shot = (name: string) => person.page.screenshot({ path: `${PICTURES}${name}.png` });
	await fill(person.page);
	await person.open("Fleet");
	await person.page.getByRole("link", { name: /^usage working/ }).click();
	await person.page.getByRole("list", { name: "Transcript" }).getByText("Totals by day").first().waitFor();
	await shot("fleet");
	await person.open("Board");
	await person.page.getByRole("link", { name: /Say which test failed/ }).waitFor();
	await shot("board");
	await person.open("Usage");
	await person.page.locator("figure canvas").first().waitFor();
	await shot("usage");
	await orchestrator.stop();
	hub.flagship("stop");
}

try {
	await main();
} finally {
	await putAway();
}
