import { expect, test } from "vitest";
import { Employer, type EmployerParts } from "../../src/host/employer.ts";
import type { Standing } from "../../src/host/store/roster.ts";

const standing = {
	owner: "captain",
	spec: { id: "one", name: "ada", role: "r", cwd: "/w", ports: 42_000, pi: ["pi"] },
};

function employment(env: Readonly<Record<string, string>>, taken: Readonly<Record<string, string>>) {
	const parts = {
		files: { read: () => undefined },
		settings: { idleMinutes: 30, env, set: undefined, values: {} },
		tokens: { of: () => ({ token: "secret" }) },
		launches: { environment: () => taken },
		told: () => undefined,
		ceiling: () => undefined,
	};
	return new Employer(parts as unknown as EmployerParts).employment(standing as unknown as Standing);
}

test("what a person keeps for their agents reaches them, and the session's own wins", () => {
	const kept = { MY_KEY: "kept", LANG: "C" };
	expect(employment(kept, { LANG: "de_DE" }).env).toEqual({ MY_KEY: "kept", LANG: "de_DE" });
});

test("the account of the platform, which opens the whole fleet, reaches none", () => {
	expect(employment({ VERS_API_KEY: "k", VERS_AUTH_TOKEN: "t", OTHER: "o" }, {}).env).toEqual({ OTHER: "o" });
});
