/** How one lieutenant stands, without a process: what is stored, what is told with it, and what a failure undoes. */
import { expect, test } from "vitest";
import type { Cause } from "../../src/contract/cause.ts";
import type { Free } from "../../src/host/liveness/disk.ts";
import { RESUMES } from "../../src/host/restart.ts";
import { Post } from "./post.ts";

const FREE: Free = { path: "/w", freeMb: 90 };
const FULL: Cause = { type: "disk-full", ...FREE };

/** Also what it says of the causes. */
function told(facts: ConstructorParameters<typeof Post>[0] = {}) {
	const heard: (readonly [string, Cause | undefined])[] = [];
	const post = new Post(facts, { notify: (_one, type, _text, cause) => void heard.push([type, cause]) });
	return { post, heard };
}

test("a disk that gets full is noted and told with its cause; a full one pauses what runs, and room starts it again", () => {
	const { post, heard } = told();
	post.register.room("low", FREE, "low");
	expect(post.stored).toMatchObject({ state: "working", disk: "low" });
	post.register.room("full", FREE, "full");
	expect(post.stored).toMatchObject({ state: "paused", disk: "full", interrupted: true, cause: FULL });
	expect(post.stored?.reason).toContain("90 MB free");
	post.register.room("ample", FREE, "ample");
	expect(post.stored?.state).toBe("starting");
	expect([post.stored?.disk, post.stored?.cause, post.stored?.reason]).toEqual([undefined, undefined, undefined]);
	expect(heard).toEqual([
		["machine", FULL],
		["limit", FULL],
		["machine", undefined],
	]);
});

test("one whose owner is told through another's notice says nothing of the disk itself", () => {
	const { post, heard } = told();
	post.register.room("full", FREE, undefined);
	expect([post.stored?.state, heard]).toEqual(["paused", []]);
});

test("runs that fail are counted, each resumed later than the last, until that is given up and told once", () => {
	const { post, heard } = told();
	const pauses = Array.from({ length: RESUMES }, () => post.register.failedRun() ?? 0);
	expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
	expect([new Set(pauses).size, post.stored?.errors, heard]).toEqual([RESUMES, RESUMES, []]);
	expect(post.register.failedRun()).toBeUndefined();
	expect(heard).toEqual([["stall", { type: "provider-error", runs: RESUMES + 1 }]]);
});

test("what could not be stored as a whole is not true here either", () => {
	const { post } = told();
	post.register.save({ errors: 1 });
	const before = post.register.standing;
	expect(() =>
		post.register.together(() => {
			post.register.save({ errors: 2 });
			throw new Error("the disk is full");
		}),
	).toThrow("the disk is full");
	expect([post.register.standing, post.stored?.errors]).toEqual([before, 1]);
});

const KILLED = { code: null, signal: "SIGKILL", stderr: "", cause: { type: "killed", signal: "SIGKILL" } } as const;

test("a death is counted, told and followed by another start; the third in ten minutes is the last, with its reason", () => {
	const { post, heard } = told({ turns: 1 });
	for (const n of [1, 2]) {
		post.now += 1_000;
		expect(post.register.died(KILLED, true).type).toBe("restart");
		expect(post.stored).toMatchObject({ state: "starting", dead: 1, deaths: Array(n).fill(expect.any(Number)) });
	}
	post.now += 1_000;
	expect(post.register.died(KILLED, true).type).toBe("park");
	expect(post.stored).toMatchObject({ state: "failed", cause: KILLED.cause });
	expect(post.stored?.deaths).toHaveLength(3);
	expect(post.stored?.reason).toBeDefined();
	expect(heard).toEqual(Array(3).fill(["death", KILLED.cause]));
});

test("one that cannot be started has failed, with why, and is told as a death", () => {
	const { post, heard } = told({ lives: 2, dead: 1 });
	post.register.unstartable("there is no such program");
	expect(post.stored).toMatchObject({
		...{ state: "failed", dead: 2, cause: { type: "unstartable" } },
		reason: "it could not be started: there is no such program",
	});
	expect(heard).toEqual([["death", { type: "unstartable" }]]);
});

test("the reason of a state goes with it, and stays while it stays", () => {
	const { post } = told();
	post.register.stalled({ type: "unresponsive", seconds: 9 });
	const { reason } = post.stored ?? {};
	expect(reason).toContain("9 s");
	post.register.change("noted", { errors: 1 });
	expect(post.stored).toMatchObject({ state: "stalled", reason, errors: 1 });
	post.register.change("running");
	expect([post.stored?.state, post.stored?.reason]).toEqual(["working", undefined]);
});

test("an allowance that cannot be written is complained of, and nothing else: the host judges the same", () => {
	const complaints: string[] = [];
	const place = {
		allow() {
			throw new Error("the disk is full");
		},
	};
	const post = new Post({}, { place: place as never, complain: (what) => void complaints.push(what) });
	post.register.allow();
	expect(complaints).toEqual([expect.stringContaining("its allowance was not written: the disk is full")]);
});
