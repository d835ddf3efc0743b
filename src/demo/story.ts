/**
 * What the scripted model says and does, as data. Two of the four never log on their own: they do it when the gate's
 * text is in front of them, as a model would.
 */
import type { Script, Step, ToolCall } from "./model/script.ts";

export const ORCHESTRATOR = "orchestrator";

/** One task and the lieutenant that does it. */
export interface Part {
	readonly name: string;
	readonly role: string;
	readonly task: string;
	readonly files: Readonly<Record<string, string>>;
	/** What it puts into the work log. */
	readonly entry: string;
	/** Logs only when the gate insists. */
	readonly forgets: boolean;
	/** The moment that its commit waits for. */
	readonly commitsAt: Moment;
}

/** The model holds its breath until the demo says so: what happens meanwhile happens on the slowest machine as well. */
export type Moment = "hub killed" | "host killed" | "both back";

/** The repository before. */
export const SHOP: Readonly<Record<string, string>> = {
	"package.json":
		'{ "name": "corner-shop", "private": true, "type": "module", "scripts": { "test": "node --test" } }\n',
	"README.md": "# Corner shop\n\nAdds up what is in the basket.\n",
	"src/total.js": `export const total = (basket) => basket.reduce((sum, item) => sum + item.price * item.count, 0);
`,
	"test/total.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { total } from "../src/total.js";

test("adds up", () => assert.equal(total([{ price: 2, count: 3 }]), 6));
`,
};

export const PARTS: readonly Part[] = [
	{
		name: "ada",
		role: "looks after sums of money",
		task: "Round totals to whole cents",
		files: {
			"src/total.js": `const cents = (amount) => Math.round(amount * 100) / 100;

export const total = (basket) => cents(basket.reduce((sum, item) => sum + item.price * item.count, 0));
`,
			"test/cents.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { total } from "../src/total.js";

test("0.1 three times is 0.3", () => assert.equal(total([{ price: 0.1, count: 3 }]), 0.3));
`,
		},
		entry: "Rounded totals to whole cents in src/total.js, for 0.1 three times was not 0.3; added test/cents.test.js.",
		forgets: false,
		commitsAt: "hub killed",
	},
	{
		name: "ben",
		role: "looks after prices",
		task: "Ten percent off from ten pieces on",
		files: {
			"src/discount.js": `export const discounted = ({ price, count }) => (count >= 10 ? price * 0.9 : price);
`,
			"test/discount.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { discounted } from "../src/discount.js";

test("ten are cheaper", () => assert.equal(discounted({ price: 1, count: 10 }), 0.9));
test("nine are not", () => assert.equal(discounted({ price: 1, count: 9 }), 1));
`,
		},
		entry: "Added src/discount.js, ten percent off from ten pieces on, with test/discount.test.js.",
		forgets: true,
		commitsAt: "host killed",
	},
	{
		name: "cleo",
		role: "writes what people read",
		task: "Write a page on how to use it",
		files: {
			"docs/usage.md": `# Usage

    import { total } from "corner-shop/src/total.js";
    total([{ price: 2, count: 3 }]); // 6
`,
		},
		entry: "Wrote docs/usage.md: how to add up a basket.",
		forgets: false,
		commitsAt: "host killed",
	},
];

/** What the person types. */
export const WISH = `Three things to do in this repository:\n${PARTS.map((part) => `- ${part.task}`).join("\n")}\nGive each to a lieutenant, read what they say, and close the tasks.`;

const call = (name: string, args: Readonly<Record<string, unknown>>): ToolCall => ({ name, arguments: args });
const bash = (command: string): ToolCall => call("bash", { command });
const log = (text: string): Step => ({ toolCalls: [call("log_append", { text })] });

function stepsOf({ files, task, entry, forgets, commitsAt }: Part): Step[] {
	return [
		{ text: "I look at what is there.", toolCalls: [bash("git log --oneline && ls -R src test")] },
		...Object.entries(files).map(([path, content]) => ({ toolCalls: [call("write", { path, content })] })),
		{ text: "Does it work?", toolCalls: [bash("node --test")] },
		{ hold: commitsAt, toolCalls: [bash(`git add --all && git commit --quiet --message "${task}"`)] },
		...(forgets ? [] : [log(entry)]),
		{ hold: "both back", text: `Done: ${Object.keys(files).join(" and ")}. The tests pass, and it is committed.` },
		{ text: "Done, and in the work log." },
	];
}

const create = ({ name, role, task }: Part): ToolCall =>
	call("vers_lt_create", { name, role, task, model: `fake/${name}` });

/** The id of the task is in what `vers_lt_create` has answered. */
const close = ({ name }: Part): ToolCall =>
	call("board_update_task", { id: `\${/${name} is \\w+ in \\S+ on lt/${name}, task (\\w{26})/}`, status: "done" });

/** Part of the gate's refusal. */
const REFUSED = "not in the work log";
const LOGGED = "/^Logged |not yet in the hub/";

export const SCRIPT: Script = {
	agents: {
		[ORCHESTRATOR]: {
			steps: [
				{ text: "Three tasks, three lieutenants.", toolCalls: PARTS.map(create) },
				{ text: "They are at work. I am told when one is done." },
				// After each result that it has read, the last one included.
				{ text: "Good. I wait for the other two." },
				{ text: "Good. I wait for the last one." },
				{ text: "All three are done. I close the tasks.", toolCalls: PARTS.map(close) },
				{ text: "Each is on a branch of its own, the tasks are closed." },
			],
			after: { text: "Nothing is left to do." },
		},
		...Object.fromEntries(PARTS.map((part) => [part.name, { steps: stepsOf(part), after: { text: "Done." } }])),
	},
	rules: [
		...PARTS.map((part) => ({ model: part.name, last: REFUSED, ...log(part.entry) })),
		{ model: ORCHESTRATOR, last: REFUSED, ...log("Created lieutenants ada, ben and cleo, one for each task.") },
		{ model: ORCHESTRATOR, last: LOGGED, text: "That is in the work log now." },
		...PARTS.map(({ name }) => ({
			...{ model: ORCHESTRATOR, last: `${name} finished` },
			toolCalls: [call("vers_lt_read", { name })],
		})),
	],
};
