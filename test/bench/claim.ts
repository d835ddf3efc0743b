/** 64 agents ask for one task at the same moment: exactly one has it. */
import type { Group } from "./group.ts";
import { type Hub, startHub } from "./program.ts";
import { ask, bytesOf, Wire } from "./wire.ts";

const AGENTS = 64;
const ROUNDS = 1_000;
/** Milliseconds after which a machine that is too busy stops early, and says so. */
const PATIENCE = 75_000;

interface Agent {
	readonly name: string;
	readonly token: string;
	readonly wire: Wire;
}

async function agent(hub: Hub, n: number): Promise<Agent> {
	const name = `agent-${n}`;
	const body = { role: "lieutenant", name };
	const { secret } = await ask(hub.url, { method: "POST", path: "/tokens", token: hub.token, body });
	return { name, token: secret, wire: await Wire.to(hub.url) };
}

/** How many were told that the task is theirs; NaN when the board names somebody who was not. */
async function contest(hub: Hub, agents: readonly Agent[], admin: Wire, round: number): Promise<number> {
	const body = { title: `contested ${round}`, createdBy: "bench" };
	const made = await admin.ask(bytesOf({ method: "POST", path: "/board/tasks", token: hub.token, body }));
	const { id } = JSON.parse(made.body);
	const answers = await Promise.all(
		agents.map(({ wire, token }) => wire.ask(bytesOf({ method: "POST", path: `/board/tasks/${id}/claim`, token }))),
	);
	const winners = agents.filter((_agent, index) => answers[index]?.status === 200);
	const others = answers.filter(({ status }) => status === 409).length;
	const after = await admin.ask(bytesOf({ method: "GET", path: `/board/tasks/${id}`, token: hub.token }));
	const holder = JSON.parse(after.body).claim?.by;
	const agrees = winners.every(({ name }) => name === holder) && winners.length + others === agents.length;
	return agrees ? winners.length : Number.NaN;
}

export const claim: Group = async (run) => {
	const hub = await startHub();
	const agents = await Promise.all(Array.from({ length: AGENTS }, (_, n) => agent(hub, n)));
	const admin = await Wire.to(hub.url);
	const from = performance.now();
	let [rounds, exact] = [0, 0];
	while (rounds < ROUNDS && performance.now() - from < PATIENCE) {
		if ((await contest(hub, agents, admin, rounds++)) === 1) exact++;
	}
	if (rounds < ROUNDS) run.say(`stopped after ${rounds} of ${ROUNDS} rounds: the machine is busy`);
	const at = { agents: AGENTS, rounds };
	run.report({ bench: "claim.rounds.notOneWinner", at, value: rounds - exact, unit: "", floor: { atMost: 0 } });
	if (!run.floorsOnly) {
		const value = (rounds * AGENTS * 1000) / (performance.now() - from);
		run.report({ bench: "claim.answers", at, value, unit: "/s" });
	}
	for (const { wire } of [...agents, { wire: admin }]) wire.close();
	await hub.end("SIGTERM");
};
