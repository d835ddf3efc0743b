/** Opens this pi session's way to hub and host. */
import { homedir, hostname, userInfo } from "node:os";
import type { ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { Session } from "./session.ts";

/** Loads what a session needs only now: pi's start waits for extensions to load, and a person for pi. */
export async function openFor(ctx: ExtensionContext): Promise<Session> {
	const [{ realWorld }, { openSession }] = await Promise.all([import("../world/real.ts"), import("./session.ts")]);
	const { username, uid } = userInfo();
	return openSession({
		world: realWorld(),
		env: process.env,
		account: { uid, folder: homedir() },
		person: { user: username, machine: hostname(), cwd: ctx.cwd },
		pid: process.pid,
		id: ctx.sessionManager.getSessionId(),
	});
}
