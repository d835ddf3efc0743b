/** A host that a test plays: it tells how many tokens its lieutenants have used. */
import { WebSocket } from "ws";
import type { Lieutenant } from "../../../src/contract/lieutenants.ts";
import type { LinkDown } from "../../../src/contract/link.ts";
import { until } from "../../support/until.ts";
import type { TestHub } from "../support.ts";

const HOST = "a-host";

export async function linkTo({ hub, mint }: TestHub) {
	const socket = new WebSocket(`${hub.address.replace("http", "ws")}/hosts/link`, {
		headers: { authorization: `Bearer ${await mint("host", HOST)}` },
	});
	const heard: LinkDown[] = [];
	socket.on("message", (data) => heard.push(JSON.parse(String(data))));
	await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
	const send = (frame: object) => socket.send(JSON.stringify(frame));
	send({ type: "link", protocol: 1, version: "0.1.0", host: HOST, start: "S1", link: 1 });
	await until(() => heard.length > 0, "the hub's verdict");
	return {
		/** Resolves when the hub has it. */
		async say(lieutenant: Lieutenant, counter: number): Promise<void> {
			send({ type: "state", counter, lieutenant });
			await until(() => heard.some((frame) => frame.type === "kept" && frame.counter === counter), `kept ${counter}`);
		},
	};
}

export const lieutenant = (id: string, name: string, tokens: number, created: number): Lieutenant => ({
	...{ id, name, role: "r", state: "idle", place: "local", host: HOST, owner: "captain", cwd: "/w", pending: 0 },
	...{ turns: 1, tokens, costUsd: 0, lives: 1 },
	createdAt: new Date(created).toISOString(),
	changedAt: new Date(created).toISOString(),
});
