/** 64 launches race for the last dollar of a fleet's budget: as many get money as fit, to the cent. */
import type { Run } from "./group.ts";
import { startHub } from "./program.ts";
import { bytesOf, succeeded, Wire } from "./wire.ts";

const RACERS = 64;
const FLEET = "captain";
/** Cents that each asks for; the last is more than there is. */
const ASKS = [10, 30, 7, 100, 1, 33, 101] as const;

export async function reservations(run: Run): Promise<void> {
	const hub = await startHub();
	const wires = await Promise.all(Array.from({ length: RACERS }, () => Wire.to(hub.url)));
	const post = (wire: Wire, path: string, body: object) =>
		wire.ask(bytesOf({ method: "POST", path, token: hub.token, body }));
	const [admin] = wires;
	if (admin === undefined) return;
	const words = (racer: number, round: number) => ({
		...{ fleet: FLEET, lieutenant: `01MT${String(racer).padStart(22, "0")}`, name: `lt${racer}` },
		...{ n: round + 1, spentUsd: 0 },
	});

	/** What is wrong with the answers; undefined when exactly what fits was granted. */
	const race = async (round: number): Promise<string | undefined> => {
		const cents = ASKS[round % ASKS.length] ?? 100;
		const fit = Math.min(RACERS, Math.floor(100 / cents));
		succeeded(await post(admin, "/budgets", { usd: 1, fleet: FLEET, fresh: true }));
		const answers = await Promise.all(
			wires.map((wire, racer) => post(wire, "/budgets/reserve", { ...words(racer, round), usd: cents / 100 })),
		);
		const granted = answers.filter(({ status }) => status === 200).length;
		const refused = answers.filter(({ body }) => body.includes('"budget_spent"')).length;
		const shown = await admin.ask(bytesOf({ method: "GET", path: `/budgets?fleet=${FLEET}`, token: hub.token }));
		const reserved = Math.round(Number(JSON.parse(succeeded(shown).body).reservedUsd) * 100);
		await Promise.all(
			wires.map((wire, racer) => post(wire, "/budgets/settle", { ...words(racer, round), open: false })),
		);
		const right = granted === fit && granted + refused === RACERS && reserved === fit * cents;
		return right ? undefined : `${granted} of ${fit} granted, ${refused} refused, ${reserved} cents reserved`;
	};

	const rounds = run.floorsOnly ? 35 : 350;
	let wrong = 0;
	for (let round = 0; round < rounds; round++) {
		const fault = await race(round);
		if (fault === undefined) continue;
		wrong += 1;
		run.say(`round ${round}: ${fault}`);
	}
	const at = { racers: RACERS, rounds };
	run.report({ bench: "control.reservations.wrong", at, value: wrong, unit: "", floor: { atMost: 0 } });
	for (const wire of wires) wire.close();
	await hub.end("SIGTERM");
}
