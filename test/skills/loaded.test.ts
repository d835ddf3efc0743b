import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { describeEachPi, makeHome, makeModel, PACKAGE, printPi } from "../support/pi.ts";

const names = readdirSync(new URL("../../skills/", import.meta.url));

await describeEachPi("the package's skills", (pi) => {
	it("are all offered to the model, and pi complains about none", async () => {
		const model = await makeModel({ script: { default: { text: "hi" } } });
		const home = makeHome({
			model,
			env: { VERS_INFRA_URL: "http://127.0.0.1:9", VERS_AUTH_TOKEN: "t", FLAGSHIP_LIEUTENANT: "01L" },
		});
		const ran = await printPi(pi, home, "go", { args: ["-e", PACKAGE] });
		const offered = [...(model.requests[0]?.system ?? "").matchAll(/<name>([^<]+)<\/name>/g)].map((match) => match[1]);
		expect(offered).toEqual(expect.arrayContaining(names));
		expect(ran.stderr).not.toMatch(/skill/i);
	});
});
