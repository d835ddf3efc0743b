/** Opens the records of this pi process. Loaded only when something is to be written. */
import { homedir, hostname, userInfo } from "node:os";
import { realWorld } from "../world/real.ts";
import type { Opened } from "./lazy-records.ts";
import { recordsOf } from "./records.ts";
import { openSession } from "./session.ts";

export async function openRecords(cwd: string, sessionId: string): Promise<Opened> {
	const { username, uid } = userInfo();
	const session = openSession({
		world: realWorld(),
		env: process.env,
		account: { uid, folder: homedir() },
		person: { user: username, machine: hostname(), cwd },
		pid: process.pid,
		id: sessionId,
	});
	return { records: recordsOf(session.call), leave: () => session.leave() };
}
