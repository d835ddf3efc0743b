/** Every operation by the shipped command: one process, one real hub, one real host with a real pi. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, describe, expect, test, vi } from "vitest";
import { flagOf, positionalsOf } from "../../src/cli/arguments.ts";
import { type Context, makeContext } from "../../src/cli/context.ts";
import { main } from "../../src/cli/main.ts";
import { isRecord } from "../../src/client/request.ts";
import { type AnyOperation, verbOf } from "../../src/contract/operation.ts";
import { example } from "../../src/hub/openapi/example.ts";
import { everyOperation } from "../fleet/catalog.ts";
import { strict } from "../hub/fits.ts";
import { ADMIN, testHub } from "../hub/support.ts";
import { makeHome } from "../support/home.ts";
import { makeModel } from "../support/model.ts";
import { until } from "../support/until.ts";
import { API_KEY } from "../support/vers-sim/fixture.ts";
import { startSim } from "../support/vers-sim/visitor.ts";
import { DAY, type Step } from "./day.ts";

const operations = await everyOperation();
const { hub, mint, done, complaints } = await testHub();
const model = await makeModel({
	script: { agents: { ada: [{ text: "The answer is 42." }], ralph: [{ text: "Tried." }] } },
});
const home = makeHome({ model, env: { VERS_INFRA_URL: hub.address } });
const vers = await startSim();
mkdirSync(home.flagship, { mode: 0o700 });
writeFileSync(
	join(home.flagship, "settings.json"),
	JSON.stringify({
		hub: hub.address,
		env: { VERS_AUTH_TOKEN: ADMIN, VERS_API_KEY: API_KEY, VERS_BASE_URL: vers.baseUrl },
		vms: { domain: vers.domain, connect: `127.0.0.1:${vers.sshPort}`, authority: vers.authority },
	}),
	{
		mode: 0o600,
	},
);
const host = await mint("host", "a-host");
const ajv = new Ajv({ strict: false });

// `lt create` takes over the folder in which it is typed.
const folder = process.cwd();
process.chdir(home.work);
afterAll(() => process.chdir(folder));

interface Said {
	readonly code: number;
	readonly out: string;
	readonly err: string;
}

/** `flagship …` as typed; `seen` gets what it has printed so far, to end what goes on. */
async function flagship(
	args: readonly string[],
	{ token = ADMIN, seen }: { readonly token?: string; readonly seen?: (out: string) => boolean } = {},
): Promise<Said> {
	const said = { out: "", err: "" };
	let interrupt = (): void => undefined;
	const take = (stream: "out" | "err") => (text: unknown) => {
		said[stream] += String(text);
		if (seen?.(said.out) === true) interrupt();
		return true;
	};
	const written = [
		vi.spyOn(process.stdout, "write").mockImplementation(take("out")),
		vi.spyOn(process.stderr, "write").mockImplementation(take("err")),
	];
	const make = (): Context => ({
		...makeContext({ ...home.env, VERS_AUTH_TOKEN: token }),
		onInterrupt: (run) => {
			interrupt = run;
		},
	});
	try {
		return { code: await main(args, make), ...said };
	} finally {
		for (const spy of written) spy.mockRestore();
	}
}

/** As a person types it: what is needed in its place, the rest as flags. */
function argumentsOf(operation: AnyOperation, input: Readonly<Record<string, unknown>>): readonly string[] {
	const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
	const placed = positionalsOf(operation).filter((name) => typeof input[name] !== "boolean");
	const flags = Object.entries(input).flatMap(([name, value]): readonly string[] => {
		if (placed.includes(name)) return [];
		if (typeof value === "boolean") return [`--${value ? "" : "no-"}${flagOf(name)}`];
		return [value].flat().map((one) => `--${flagOf(name)}=${text(one)}`);
	});
	return [
		...(verbOf(operation) ?? "").split(" "),
		...flags,
		"--json",
		"--",
		...placed.map((name) => text(input[name])),
	];
}

const answers: Record<string, unknown> = {};

async function ask(name: string, input: Readonly<Record<string, unknown>>): Promise<void> {
	const operation = operations.find((one) => one.name === name);
	if (operation === undefined) throw new Error(`no operation is named ${name}`);
	const token = operation.allow.includes("admin") ? ADMIN : host;
	const said = await flagship(argumentsOf(operation, input), { token });
	// What takes its time says there what is being done.
	const err = operation.launches === true ? expect.any(String) : "";
	expect(said, `${name}: ${said.out}`).toMatchObject({ code: 0, err });
	const answer: unknown = JSON.parse(said.out);
	const validate = ajv.compile(strict(JSON.parse(JSON.stringify(operation.output))));
	expect(validate(answer), `${name}: ${ajv.errorsText(validate.errors)} in ${said.out}`).toBe(true);
	expect(operation.tell(answer, input), name).toBeTypeOf("string");
	answers[name] = answer;
}

const typed = operations.filter((one) => verbOf(one) !== undefined);
const asked = typed.filter(({ answers: how }) => how !== "stream");

/** What the day does not list comes last, with the example that everyone is given. */
const listed = new Set(DAY.map(([name]) => name));
const others = asked.filter(({ name }) => !listed.has(name)).map(({ name }): Step => [name]);

const inputOf = ([name, make]: Step): Readonly<Record<string, unknown>> => {
	const input = make?.(answers) ?? example(operations.find((one) => one.name === name)?.input);
	return isRecord(input) ? input : {};
};

describe("the command", () => {
	test.each([...DAY, ...others].map((step) => [step[0], step] as const))(
		"%s is asked by its verb, and answered as JSON of the declared form",
		{ timeout: 60_000 },
		async (name, step) => {
			await ask(name, inputOf(step));
		},
	);

	test.each(typed.filter(({ answers: how }) => how === "stream").map((one) => [one.name, verbOf(one) ?? ""]))(
		"follows %s: each event is one line of JSON",
		async (name, cli) => {
			const lines = (out: string): readonly string[] => out.split("\n").filter((line) => line !== "");
			const following = flagship([...cli.split(" "), "--json"], { seen: (out) => lines(out).length > 0 });
			let ended = false;
			void following.finally(() => {
				ended = true;
			});
			const skill = { name: "live", description: "Lives.", content: "# Live", publishedBy: "admin" };
			await until(
				async () => ended || (await done("POST", "/skills/items", skill)) === undefined,
				`an event of ${name}`,
			);
			const { code, out, err } = await following;
			expect([code, err]).toEqual([0, ""]);
			expect(JSON.parse(lines(out)[0] ?? "")).toMatchObject({ id: expect.any(String) });
		},
	);

	test("has answered every operation there is", () => {
		expect(Object.keys(answers).sort()).toEqual(asked.map(({ name }) => name).sort());
		expect(complaints).toEqual([]);
	});

	test("who asks for JSON gets a refusal as JSON, too, and exit code 1", async () => {
		const { code, out, err } = await flagship(["board", "get", "nothing", "--json"]);
		expect(code).toBe(1);
		expect(JSON.parse(out)).toMatchObject({ code: "not_found", error: "task not found", remedy: expect.any(String) });
		expect(err).toContain("task not found");
		expect((await flagship(["board", "get", "nothing"])).out).toBe("");
	});
});
