import { expect, test } from "vitest";
import { machineSettings } from "../../../src/host/machines/settings.ts";

test("nothing said is nothing passed on, and the person's own ssh", () => {
	expect(machineSettings({})).toEqual({ settings: { env: [], fallback: "ask", sshConfig: undefined }, problems: [] });
});

test("what is said holds", () => {
	const machines = { env: ["MY_KEY"], fallback: "auto", sshConfig: "/etc/other" };
	expect(machineSettings({ machines })).toEqual({ settings: machines, problems: [] });
});

test.each([
	[[], "machines must be an object"],
	[{ env: "MY_KEY" }, "machines.env must be a list of names"],
	[{ env: [7] }, "machines.env must be a list of names"],
	[{ sshConfig: "other" }, "machines.sshConfig must be an absolute path"],
	[{ fallback: "maybe" }, "machines.fallback must be one of auto, ask, never"],
	[{ sshconfig: "/x" }, "machines.sshconfig is not known"],
])("%j counts as not said, and is named", (machines, problem) => {
	expect(machineSettings({ machines })).toEqual({
		settings: { env: [], fallback: "ask", sshConfig: undefined },
		problems: [problem],
	});
});
