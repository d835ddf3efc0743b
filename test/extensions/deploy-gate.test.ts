/** Deploy commands of agents, through the shipped package in real pi: none without a way back for the hub. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi, type Pi } from "../support/pi.ts";
import { until } from "../support/until.ts";
import { bash, fleetStage, say } from "./fleet-stage.ts";

/** A repository with a script that deploys, as a person has named it. */
async function stage(pi: Pi, gates: Readonly<Record<string, string>> = {}) {
	const on = await fleetStage(pi, { board: "off", deployCommands: "ship.sh", ...gates });
	const shipped = join(on.home.root, "shipped");
	on.write("ship.sh", `#!/bin/sh\necho shipped >> ${shipped}\n`, 0o755);
	on.git("add", "-A");
	on.git("commit", "-q", "-m", "a script");
	return { on, shipped: () => existsSync(shipped) };
}

await describeEachPi("no deploy without a backup", (pi) => {
	test("an agent's is refused in any spelling, the orchestrator's too; after a backup it runs, and /gates shows it", async () => {
		const { on, shipped } = await stage(pi);
		const tries = ["./ship.sh", "bash ship.sh", "sh -c './ship.sh'"];
		await on.run({ ada: [...tries.map(bash), say("done")] }, { first: [bash("./ship.sh")] });
		const refused = () => on.answers("ada").filter((text) => text.includes("Not run: ship.sh deploys"));
		await until(() => refused().length === tries.length, "three refusals");
		await until(() => on.events("deploy").length === tries.length + 1, "their events");
		expect(on.events("deploy").map(({ metadata }) => metadata)).toEqual(
			[...tries, ""].map(() => ({ gate: "deploy", verdict: "refused", command: "ship.sh" })),
		);
		expect(on.flagship("gates")).toMatch(/^deploy +enforce +4 refused$/m);
		expect(shipped()).toBe(false);

		on.flagship("backups", "make");
		await on.run({ bob: [bash("./ship.sh"), say("done")] });
		await until(shipped, "its deploy");
		expect(on.events("deploy")).toHaveLength(4);
	});

	test("with warn it runs, and is told; a snapshot tagged hub will do", async () => {
		const { on, shipped } = await stage(pi, { deploy: "warn" });
		await on.run({ ada: [bash("./ship.sh"), say("done")] });
		await until(() => shipped() && on.events("deploy").length > 0, "its deploy, and the word of it");
		expect(on.events("deploy").map(({ metadata }) => metadata.verdict)).toEqual(["warned"]);
		on.flagship("commits", "record", "c1", "vm1", "--tags", "hub");
		await on.run({ bob: [bash("./ship.sh"), say("done")] });
		await until(() => on.answers("bob").length > 0, "its answer");
		expect(on.events("deploy")).toHaveLength(1);
	});
});
