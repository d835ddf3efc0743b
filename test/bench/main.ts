/**
 * `npm run bench [-- floors | <group> …] [--pi <version>]`: JSON lines on stdout, the same for a person on stderr.
 * Ends with 1 when a floor is broken.
 */
import { parseArgs } from "node:util";
import { putAway } from "../support/cleanup.ts";
import { pis } from "../support/pis.ts";
import { claim } from "./claim.ts";
import { control } from "./control.ts";
import { dashboard } from "./dashboard.ts";
import { type Figure, judge, lineOf, sentenceOf } from "./figure.ts";
import type { Group } from "./group.ts";
import { hub } from "./hub.ts";
import { kill } from "./kill.ts";
import { lieutenant } from "./lieutenant.ts";
import { schema } from "./schema.ts";
import { vms } from "./vms.ts";

const GROUPS: Readonly<Record<string, Group>> = { schema, lieutenant, claim, kill, hub, control, vms, dashboard };
/** Groups with a floor. */
const FLOORS = ["schema", "lieutenant", "claim", "kill", "control"] as const;
const IN_TESTS = "messages, notices and deaths lost or doubled: none, proven by `npx vitest run test/sim`";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pi: { type: "string" } } });
const floorsOnly = positionals.includes("floors");
const asked = positionals.filter((name) => name !== "floors");
const names = asked.length > 0 ? asked : floorsOnly ? FLOORS : Object.keys(GROUPS);
const figures: Figure[] = [];
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const groupOf = (name: string): Group => {
	const group = GROUPS[name];
	if (group === undefined) throw new Error(`There is no group ${name}; there are ${Object.keys(GROUPS).join(", ")}.`);
	return group;
};

async function chosenPi() {
	const all = await pis();
	const pi = values.pi === undefined ? all[0] : all.find(({ version }) => version === values.pi);
	if (pi === undefined) throw new Error(`There is no pi ${values.pi}; there are ${all.map((one) => one.version)}.`);
	if (pi.missing !== undefined) throw new Error(pi.missing);
	return pi;
}

function report(figure: Figure): void {
	figures.push(figure);
	process.stdout.write(`${lineOf(figure, floorsOnly)}\n`);
	if (!floorsOnly) say(sentenceOf(figure));
}

function summary(): void {
	const broken = figures.filter((figure) => judge(figure).floorBroken);
	const missed = figures.filter((figure) => judge(figure).goalMissed);
	say(`\nFloors broken: ${broken.length === 0 ? "none" : ""}`);
	for (const figure of broken) say(sentenceOf(figure));
	say(`Also a floor: ${IN_TESTS}.`);
	if (floorsOnly) return;
	say(`Goals missed: ${missed.length === 0 ? "none" : ""}`);
	for (const figure of missed) say(sentenceOf(figure));
}

const interrupted = (signal: NodeJS.Signals): void => {
	process.once(signal, () => void putAway().finally(() => process.exit(1)));
};
interrupted("SIGINT");
interrupted("SIGTERM");

try {
	const pi = await chosenPi();
	for (const [name, group] of names.map((each) => [each, groupOf(each)] as const)) {
		say(`\n== ${name}`);
		await group({ floorsOnly, pi, report, say });
	}
	summary();
	process.exitCode = figures.some((figure) => judge(figure).floorBroken) ? 1 : 0;
} finally {
	await putAway();
}
