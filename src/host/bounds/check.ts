/** Is there what was due? Looked up in the workspace and on the board by the host, whatever the answer says. */
import { fold, known, workEvents } from "../../gates/ledger.ts";
import type { Files, World } from "../../world.ts";
import { type Outcome, runCheck, type Where } from "../checks/run.ts";
import type { Look } from "../journal.ts";
import { type Bound, entriesAfter } from "./bound.ts";
import { type Deliverable, dueText } from "./deliverable.ts";

export interface Workplace {
	/** The lieutenant's own folder. */
	readonly cwd: string;
	/** Runs a check there, or answers what it showed of the same files before. */
	run(command: string): Promise<Pick<Outcome, "passed" | "said">>;
	/** How its board task stands; undefined while the hub is away. */
	task(id: string): Promise<string | undefined>;
}

/** `says` is part of the completion's sentence. */
export interface Verdict {
	readonly met: boolean;
	readonly says: string;
}

type Seam = Pick<World, "files" | "spawn">;

const GIT = { timeout: 30_000, maxOutput: 4_096 };

/** Notes what is there before the work begins. Throws nothing: what cannot be seen is as if it were not there. */
export async function before(world: Seam, deliverable: Deliverable, cwd: string): Promise<Deliverable> {
	if (deliverable.type === "path") {
		const stamp = stampOf(world.files, `${cwd}/${deliverable.path}`);
		return { type: "path", path: deliverable.path, ...(stamp === undefined ? {} : { before: stamp }) };
	}
	if (deliverable.type !== "branch") return deliverable;
	const head = await world.spawn.run("git", ["-C", cwd, "rev-parse", "--verify", "-q", "HEAD"], GIT);
	return { type: "branch", before: head.code === 0 ? head.stdout.trim() : "" };
}

/** What the session alone tells; undefined when one has to look elsewhere. */
export function atOnce(bound: Bound, look: Look): Verdict | undefined {
	const { deliverable } = bound;
	if (deliverable.type === "none") return { met: true, says: "" };
	return deliverable.type === "report" ? report(look, bound, deliverable.least) : undefined;
}

export async function check(world: Seam, bound: Bound, look: Look, place: Workplace): Promise<Verdict> {
	const { deliverable } = bound;
	switch (deliverable.type) {
		case "none":
		case "report":
			return atOnce(bound, look) ?? missing(dueText(deliverable));
		case "path":
			return path(world.files, deliverable, place.cwd);
		case "branch":
			return branch(world, deliverable.before, place.cwd);
		case "task":
			return task(bound, place);
		case "command":
			return ofCheck(deliverable.command, await place.run(deliverable.command));
	}
}

const missing = (says: string): Verdict => ({ met: false, says: `Missing: ${says}.` });
const there = (says: string): Verdict => ({ met: true, says: `Delivered: ${says}.` });

function report(look: Look, bound: Bound, least: number): Verdict {
	const said = look.outputs.at(-1)?.text.trim().length ?? 0;
	if (least <= 1) return said >= least ? { met: true, says: "" } : missing("a report, its answer is empty");
	const { files, commits } = known(fold(workEvents(entriesAfter(look.entries, bound.from.turns))));
	const document = [...files, ...commits.flatMap((commit) => commit.files)].find((file) => /\.(md|txt)$/i.test(file));
	if (document !== undefined) return there(document);
	return said >= least ? there("a report, its answer") : missing(`a report, its answer has ${said} characters`);
}

function path(files: Files, { path: name, before: was }: Deliverable & { type: "path" }, cwd: string): Verdict {
	const parts = name.split("/");
	const link = parts.map((_, n) => parts.slice(0, n + 1).join("/")).find((step) => files.stat(`${cwd}/${step}`)?.link);
	if (link !== undefined) return missing(`${name}, ${link} is a link and may lead out of the workspace`);
	const stamp = stampOf(files, `${cwd}/${name}`);
	if (stamp === undefined) return missing(`${name} is not there`);
	return stamp === was ? missing(`${name} was not changed`) : there(name);
}

function stampOf(files: Files, path: string): string | undefined {
	const stat = files.stat(path);
	return stat === undefined ? undefined : `${stat.kind}:${stat.size}:${stat.changed}`;
}

async function branch(world: Seam, from: string, cwd: string): Promise<Verdict> {
	const range = from === "" ? "HEAD" : `${from}..HEAD`;
	const counted = await world.spawn.run("git", ["-C", cwd, "rev-list", "--count", range], GIT);
	const commits = counted.code === 0 ? Number(counted.stdout.trim()) : 0;
	return commits > 0 ? there(`${commits} commit${commits === 1 ? "" : "s"}`) : missing("commits, there are none");
}

async function task(bound: Bound, place: Workplace): Promise<Verdict> {
	if (bound.task === undefined) return missing("its task done, it has no task on the board");
	const status = await place.task(bound.task);
	if (status === undefined)
		return { met: true, says: "Not checked: the hub is away, so how its task stands is unknown." };
	return ["done", "in_review"].includes(status) ? there(`its task is ${status}`) : missing(`its task is ${status}`);
}

/** A command that has just been run, whatever was seen before. */
export async function passes(world: Seam, line: string, where: Where): Promise<Verdict> {
	return ofCheck(line, await runCheck(world, line, where));
}

const ofCheck = (line: string, { passed, said }: Pick<Outcome, "passed" | "said">): Verdict =>
	passed ? there(dueText({ type: "command", command: line })) : missing(`\`${line}\`, ${said}`);
