/** One deploy at a time on a machine: its lock is free the moment its process ends, however it ends. */
import { type Holder, readHolder, tryLock } from "../daemon/lock.ts";
import { fault } from "../errors.ts";
import { Course, type CourseParts, type Outcome } from "./course.ts";
import { deployFolder, readState } from "./state.ts";

/** Throws `deploy_running`, `deploy_refused`, or `deploy_failed` after a rollback. */
export async function takeOver(parts: CourseParts): Promise<Outcome> {
	const { world, home, place, speaks } = parts;
	const folder = deployFolder(home);
	const lock = tryLock(world, folder, speaks.version);
	if (lock === undefined) throw fault("deploy_running", place, whoIsAt(parts, readHolder(world.files, folder)));
	try {
		return await new Course(parts).run();
	} finally {
		lock.release();
	}
}

function whoIsAt({ world, home }: CourseParts, holder: Holder | undefined): string {
	const state = readState(world.files, home);
	const process = holder === undefined ? "its process is just starting" : `process ${holder.pid} there`;
	return state === undefined ? process : `${process}, of ${state.to.version}, asked for by ${state.by}`;
}
