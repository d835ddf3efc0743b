import { expect, test } from "vitest";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { runHub } from "../hub-process.ts";
import { playHost } from "../played-host.ts";
import type { Body } from "../support.ts";

test("a hub killed before it asks, and again before it hears the answer, sends a verdict under one key and tells of it once", async () => {
	const folder = makeFolder();
	let hub = await runHub(folder);
	const ask = async (method: string, path: string, body?: object, token?: string): Promise<Body> => {
		const reply = await hub.ask(method, path, body, token === undefined ? {} : { token });
		if (reply.status >= 300) throw new Error(`${method} ${path} ${reply.status} ${JSON.stringify(reply.body)}`);
		return reply.body;
	};
	const again = async (): Promise<void> => {
		hub.child.kill("SIGKILL");
		await hub.ended;
		hub = await runHub(folder);
	};
	const mint = async (role: string, name: string): Promise<string> =>
		(await ask("POST", "/tokens", { role, name })).secret;
	const bob = await mint("lieutenant", "bob");
	let silent = true;
	const host = playHost("h1", await mint("host", "h1"), ({ operation }) =>
		operation === "lieutenants.changes"
			? { output: { cut: false } }
			: silent
				? undefined
				: { output: { message: { id: "M1" } } },
	);
	const sent = () => host.calls.filter(({ operation }) => operation === "lieutenants.send");
	await host.link(hub.address);
	await host.say("bob");
	await host.unlink();
	const { id } = await ask("POST", "/board/tasks", { title: "t", createdBy: "ann" });
	await ask("POST", `/board/tasks/${id}/claim`, {}, bob);
	await ask("POST", `/board/tasks/${id}/review`, { summary: "s" }, bob);
	const finding = { severity: "major", claim: "c", evidence: "e" };
	await ask("POST", `/board/tasks/${id}/verdict`, { verdict: "needs_changes", findings: [finding], reviewedBy: "eve" });

	await again();
	await host.link(hub.address);
	await until(() => sent().length === 1, "the message");
	// The host has it now; the hub dies without having heard so.
	await again();
	silent = false;
	await host.link(hub.address);
	const told = async () => (await ask("GET", `/board/tasks/${id}/rounds`)).rounds[0].told;
	await until(async () => (await told()).state === "queued", "the message to be kept");
	expect(sent().map(({ key, input, author }) => [key, input, author?.name])).toEqual(
		Array(2).fill([sent()[0]?.key, sent()[0]?.input, "eve"]),
	);
	await again();
	await host.link(hub.address);
	await new Promise((resolve) => setTimeout(resolve, 1_500));
	expect(sent()).toHaveLength(2);
	const { changes } = await ask("GET", `/board/tasks/${id}/history`);
	expect(changes.map(({ type }: Body) => type).slice(0, 3)).toEqual([
		...["task_verdict_delivered", "task_needs_changes", "task_submitted"],
	]);
	expect(await ask("GET", `/board/tasks/${id}`)).toMatchObject({ claim: { by: "bob" }, status: "in_progress" });
	await host.unlink();
}, 90_000);
