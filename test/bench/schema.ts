/** What our tools add to every request, counted in what a real orchestrator and its real lieutenant send to a model. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { packageFolder } from "../../src/daemon/version.ts";
import { startModel } from "../../src/demo/model/server.ts";
import { atEnd } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import type { Pi } from "../support/pis.ts";
import type { Group } from "./group.ts";

const run = promisify(execFile);
const PATIENCE = 120_000;

/** The finder of a pi that puts tools away by itself is pi's own. */
const PIS_OWN_FINDER = "tool_search";

const CREATE = {
	name: "vers_lt_create",
	arguments: { name: "ada", role: "[[agent:ada]] a tester", task: "Say something" },
};

const print = (pi: Pi, home: Home, args: readonly string[]): Promise<unknown> => {
	const child = run(process.execPath, [pi.cli, ...args, "-p", "[[agent:captain]] go"], {
		...{ cwd: home.work, env: home.env, timeout: PATIENCE },
	});
	child.child.stdin?.end();
	return child;
};

interface Tool {
	readonly name: string;
}

/** The tools of an agent's first request, as they were sent. */
function toolsIn(model: Awaited<ReturnType<typeof startModel>>, agent: string): readonly Tool[] {
	const asked = model.requests.find(({ key }) => key === agent)?.body;
	const tools: unknown = Reflect.get(Object(asked), "tools");
	if (!Array.isArray(tools)) throw new Error(`${agent} has sent no tools`);
	return tools.map((tool) => tool.function);
}

const bytes = (tools: readonly Tool[]): number => (tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools)));

export const schema: Group = async ({ pi, report }) => {
	const script = {
		agents: { captain: [{ toolCalls: [CREATE] }, { text: "I wait." }, { text: "Thank you." }], ada: [{ text: "Hi." }] },
	};
	const [model, bare] = [await startModel({ script }), await startModel()];
	atEnd(() => Promise.all([model.close(), bare.close()]).then(() => undefined));
	const env = { FLAGSHIP_SET: "gates.workLog=off" };
	await print(pi, makeHome({ model, env }), ["-e", packageFolder]);
	await print(pi, makeHome({ model: bare }), []);
	const own = toolsIn(bare, "captain");
	const known = new Set([PIS_OWN_FINDER, ...own.map(({ name }) => name)]);
	for (const [role, agent, limit] of [
		["orchestrator", "captain", 10_240],
		["lieutenant", "ada", 4_096],
	] as const) {
		const ours = toolsIn(model, agent).filter(({ name }) => !known.has(name));
		const at = { role, tools: ours.length, pi: pi.version };
		const floor = { atMost: limit };
		report({ bench: "schema.bytes", at, value: bytes(ours), unit: "bytes", floor });
	}
	report({ bench: "schema.bytes", at: { role: "bare pi", tools: own.length }, value: bytes(own), unit: "bytes" });
};
