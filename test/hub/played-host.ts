/** A host that a test plays: it links, says which lieutenants it has, and answers calls as it is told to. */
import { WebSocket } from "ws";
import type { Lieutenant } from "../../src/contract/lieutenants.ts";
import type { Call } from "../../src/contract/link.ts";
import { until } from "../support/until.ts";

export interface PlayedHost {
	/** Every call that reached it, over all its links. */
	readonly calls: Call[];
	/** Links; each time as a later link of one start. */
	link(address: string): Promise<void>;
	unlink(): Promise<void>;
	say(name: string, state?: Lieutenant["state"]): Promise<void>;
	receipt(message: string, receipt: string): Promise<void>;
}

/** An output, a refusal, or undefined: it says nothing. */
export type Play = (call: Call) => { readonly output: unknown } | { readonly error: object } | undefined;

export const idOf = (name: string): string => `id-of-${name}`;

export function playHost(host: string, token: string, play: Play): PlayedHost {
	const calls: Call[] = [];
	let socket: WebSocket | undefined;
	let [links, counter] = [0, 0];
	const kept = new Set<number>();
	const send = (frame: object): void => socket?.send(JSON.stringify(frame));
	const report = async (frame: object): Promise<void> => {
		const mine = ++counter;
		send({ ...frame, counter: mine });
		await until(() => kept.has(mine), `report ${mine} to be kept`);
	};
	return {
		calls,
		async link(address) {
			const opened = new WebSocket(`${address.replace("http", "ws")}/hosts/link`, {
				headers: { authorization: `Bearer ${token}` },
			});
			let linked = false;
			opened.on("message", (data) => {
				const frame = JSON.parse(String(data));
				if (frame.type === "linked") linked = true;
				if (frame.type === "kept") kept.add(frame.counter);
				if (frame.type !== "call") return;
				calls.push(frame);
				const answer = play(frame);
				if (answer !== undefined) send({ type: "output" in answer ? "answer" : "refusal", id: frame.id, ...answer });
			});
			await new Promise((resolve, reject) => opened.on("open", resolve).on("error", reject));
			socket = opened;
			send({ type: "link", protocol: 1, version: "0.1.0", host, start: "S1", link: ++links });
			await until(() => linked, "the link");
		},
		async unlink() {
			const closing = socket;
			closing?.terminate();
			await until(() => closing === undefined || closing.readyState === closing.CLOSED, "the end of the link");
		},
		say: (name, state = "idle") =>
			report({
				type: "state",
				lieutenant: {
					...{ id: idOf(name), name, role: "r", state, place: "local", host, owner: "o", cwd: "/w", pending: 0 },
					...{ turns: 1, tokens: 10, costUsd: 0, lives: 1, createdAt: "t", changedAt: "t" },
				},
			}),
		receipt: (id, receipt) =>
			report({
				type: "receipt",
				message: {
					...{ id, lieutenant: idOf("bob"), mode: "prompt", receipt, attempts: 1, createdAt: "t", changedAt: "t" },
				},
			}),
	};
}
