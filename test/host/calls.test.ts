import { Type } from "@sinclair/typebox";
import { beforeEach, describe, expect, test } from "vitest";
import type { Call } from "../../src/contract/link.ts";
import { operation } from "../../src/contract/operation.ts";
import { fault } from "../../src/errors.ts";
import { Calls, type Context, type HostHandler, handle } from "../../src/host/calls.ts";
import { Answers } from "../../src/host/store/answers.ts";
import { until } from "../support/until.ts";
import { TestStore } from "./database.ts";

const base = { at: "host", cli: "things", summary: "A test.", status: 200, allow: ["admin"], tell: () => "" } as const;
const Thing = Type.Object({
	thing: Type.String({ minLength: 1 }),
	kind: Type.Optional(Type.Unsafe<"a" | "b">({ type: "string", enum: ["a", "b"] })),
});
const Done = Type.Object({ thing: Type.String(), nth: Type.Integer() });
const make = operation({ ...base, name: "things.make", method: "POST", path: "/things", input: Thing, output: Done });
const look = operation({ ...base, name: "things.look", method: "GET", path: "/things", input: Thing, output: Done });

let database: TestStore;
let calls: Calls;
let done = 0;
let busy: ((context: Context) => Promise<void>) | undefined;
let refusal: Error | undefined;
let now = 0;

function open(): void {
	const work = handle(make, async ({ thing }, context) => {
		await busy?.(context);
		if (refusal !== undefined) throw refusal;
		done += 1;
		return { thing, nth: done };
	});
	const read = handle(look, ({ thing }) => ({ thing, nth: done }));
	calls = new Calls([work, read] as unknown as readonly HostHandler[], new Answers(database.store), () => now);
}

beforeEach(() => {
	database = new TestStore();
	[done, busy, refusal, now] = [0, undefined, undefined, 1_000_000_000];
	open();
});

const call = (more: Partial<Call> = {}): Call => ({
	...{ type: "call", id: "1", operation: "things.make", input: { thing: "x" }, key: "k1" },
	...more,
});
const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe("a call asked again with its key", () => {
	test("gets the first answer and is not done again", async () => {
		const first = await calls.run(call(), "ann");
		expect(await calls.run(call({ id: "2" }), "ann")).toEqual(first);
		expect(done).toBe(1);
	});

	test("gets it also after a crash of the host", async () => {
		const first = await calls.run(call(), "ann");
		database.crash();
		open();
		expect(await calls.run(call(), "ann")).toEqual(first);
		expect(done).toBe(1);
	});

	test("while the first still runs waits for the same answer", async () => {
		const gate = Promise.withResolvers<void>();
		busy = () => gate.promise;
		const both = Promise.all([calls.run(call(), "ann"), calls.run(call(), "ann")]);
		gate.resolve();
		expect(await both).toEqual([
			{ thing: "x", nth: 1 },
			{ thing: "x", nth: 1 },
		]);
	});

	test("with another input is refused, running or done", async () => {
		const gate = Promise.withResolvers<void>();
		busy = () => gate.promise;
		const first = calls.run(call(), "ann");
		await expect(calls.run(call({ input: { thing: "y" } }), "ann")).rejects.toEqual(code("key_reused"));
		gate.resolve();
		await first;
		await expect(calls.run(call({ input: { thing: "y" } }), "ann")).rejects.toEqual(code("key_reused"));
		expect(done).toBe(1);
	});

	test("by another caller is another call", async () => {
		await calls.run(call(), "ann");
		expect(await calls.run(call(), "ben")).toEqual({ thing: "x", nth: 2 });
	});

	test("after a refusal is judged anew: refusals are not kept", async () => {
		refusal = fault("conflict", "not now");
		await expect(calls.run(call(), "ann")).rejects.toEqual(code("conflict"));
		refusal = undefined;
		expect(await calls.run(call(), "ann")).toEqual({ thing: "x", nth: 1 });
	});

	test("is done anew once its answer is older than 7 days", async () => {
		await calls.run(call(), "ann");
		now += 7 * 24 * 3_600_000 + 1;
		await calls.run(call({ key: "k2" }), "ann");
		expect(await calls.run(call(), "ann")).toEqual({ thing: "x", nth: 3 });
	});
});

describe("a call that takes its time", () => {
	const asker = () => {
		const off = new AbortController();
		const heard: (readonly string[])[] = [];
		return { heard, off, steps: (all: readonly string[]) => void heard.push([...all]), signal: off.signal };
	};

	test("tells each step to whoever waits for it, and all of them to who asks again meanwhile", async () => {
		const gate = Promise.withResolvers<void>();
		busy = async ({ step }) => {
			step("one");
			await gate.promise;
			step("two");
		};
		const [first, second] = [asker(), asker()];
		const both = [calls.run(call(), "ann", first), calls.run(call({ id: "2" }), "ann", second)];
		await until(() => first.heard.length > 0, "the first step");
		gate.resolve();
		await Promise.all(both);
		expect(first.heard).toEqual([["one"], ["one", "two"]]);
		expect(second.heard.at(-1)).toEqual(["one", "two"]);
	});

	test("is called off by whoever waits for it, and begins anew when it is asked for again, only after its end", async () => {
		const end = Promise.withResolvers<void>();
		busy = async ({ signal }) => {
			await until(() => signal.aborted, "the call off");
			await end.promise;
			signal.throwIfAborted();
		};
		const first = asker();
		const refused = calls.run(call(), "ann", first).catch((thrown: unknown) => thrown);
		first.off.abort(fault("called_off"));
		await Promise.resolve();
		const again = calls.run(call(), "ann");
		busy = undefined;
		expect(done).toBe(0);
		end.resolve();
		expect(await refused).toEqual(code("called_off"));
		expect(await again).toEqual({ thing: "x", nth: 1 });
	});

	test("that does not look at it is done all the same", async () => {
		const first = asker();
		first.off.abort(fault("called_off"));
		expect(await calls.run(call(), "ann", first)).toEqual({ thing: "x", nth: 1 });
		expect(await calls.run(call(), "ann")).toEqual({ thing: "x", nth: 1 });
	});
});

describe("a call is refused in words", () => {
	test("without a key, when it would change something", async () => {
		const { key: _, ...keyless } = call();
		await expect(calls.run(keyless, "ann")).rejects.toThrow("key is required");
		expect(await calls.run({ ...keyless, operation: "things.look" }, "ann")).toEqual({ thing: "x", nth: 0 });
	});

	test("for an operation that there is not", async () => {
		await expect(calls.run(call({ operation: "things.eat" }), "ann")).rejects.toEqual(code("not_found"));
	});

	test.each([
		[{}, "thing is required"],
		[{ thing: "" }, "thing is required"],
		[{ thing: "x", kind: "c" }, "kind"],
		["x", "one JSON object"],
	])("for the input %j", async (input, words) => {
		await expect(calls.run(call({ input }), "ann")).rejects.toThrow(words);
		expect(done).toBe(0);
	});
});
