/** `/gates` and `flagship gates`: the same report in RPC, print and a shell. */
import { expect, test } from "vitest";
import { describeEachPi, PACKAGE, printPi, RpcPi, until } from "../support/pi.ts";
import { bash, fleetStage, say } from "./fleet-stage.ts";

await describeEachPi("what the gates say of themselves", (pi) => {
	test("/gates in RPC and print, and flagship gates", async () => {
		const on = await fleetStage(pi, { board: "warn" });
		on.write(".pi/flagship.json", JSON.stringify({ gates: { workLog: "warn", review: "off" } }));
		await on.run({ ada: [bash("git push origin HEAD:main"), say("done")] });
		const has = (text: string): void => {
			expect(text).toMatch(/^workLog +warn +1 warned$/m);
			expect(text).toMatch(/^board +warn +$/m);
			expect(text).toMatch(/^pushToMain +enforce +1 refused$/m);
			expect(text).toMatch(/ ada pushToMain refused: Not pushed: main is protected/);
			expect(text).toContain("! .pi/flagship.json may not loosen gates.review; it stays enforce");
		};
		has(on.flagship("gates"));
		const printed = await printPi(pi, on.home, "/gates", { args: ["-e", PACKAGE] });
		// pi keeps its stdout for the answer of a model.
		has(printed.stdout + printed.stderr);
		const driven = new RpcPi(pi, on.home, { args: ["-e", PACKAGE] });
		driven.send({ type: "prompt", message: "/gates" });
		const told = (): string =>
			driven.records
				.filter((record) => record.type === "extension_ui_request" && record.method === "notify")
				.map((record) => String(record.message))
				.find((text) => text.includes("pushToMain ")) ?? "";
		await until(() => told() !== "", "the report");
		has(told());
		await driven.stop();
	});
});
