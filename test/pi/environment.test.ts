import { describe, expect, it } from "vitest";
import { onlyKeys, takenOver } from "../../src/pi/environment.ts";
import { loadOnce } from "../../src/pi/once.ts";
import { lieutenantSelf } from "../../src/pi/pack/self.ts";

describe("what a lieutenant takes over", () => {
	it("is the system's, pi's and the model's variables, and no other secret", () => {
		const env = {
			...{ PATH: "/bin", HOME: "/h", LC_ALL: "C", XDG_CONFIG_HOME: "/c", ANTHROPIC_API_KEY: "k", AWS_PROFILE: "p" },
			...{ PI_CODING_AGENT_DIR: "/a", PI_SESSION_ID: "other", VERS_AUTH_TOKEN: "parent's", STRIPE_API_KEY: "s" },
			...{ GITHUB_TOKEN: "g", MY_LLM_KEY: "m", FLAGSHIP_LIEUTENANT: "parent", NOTHING: undefined, BASH_ENV: "/x" },
		};
		expect(takenOver(env)).toEqual({
			...{ PATH: "/bin", HOME: "/h", LC_ALL: "C", XDG_CONFIG_HOME: "/c", ANTHROPIC_API_KEY: "k", AWS_PROFILE: "p" },
			PI_CODING_AGENT_DIR: "/a",
		});
	});
});

describe("what goes to another machine", () => {
	it("is what opens a model there, and what is named; no path, profile or agent of this one", () => {
		const taken = { PATH: "/bin", SSH_AUTH_SOCK: "/s", AWS_PROFILE: "p", PI_OFFLINE: "1", MY_LLM_KEY: "m" };
		expect(onlyKeys({ ...taken, ANTHROPIC_API_KEY: "k", HF_TOKEN: "h" }, ["MY_LLM_KEY"])).toEqual({
			...{ ANTHROPIC_API_KEY: "k", HF_TOKEN: "h", MY_LLM_KEY: "m" },
		});
	});
});

describe("a lieutenant's own pi", () => {
	it("is the first process that sees the variables, again after a reload, and not one started below it", () => {
		const env = { FLAGSHIP_LIEUTENANT: "id", FLAGSHIP_LIEUTENANT_FOLDER: "/f", FLAGSHIP_LIFE: "3" };
		expect(lieutenantSelf(env, 7)).toEqual({ id: "id", name: "id", folder: "/f", life: 3 });
		expect(lieutenantSelf(env, 7)).toBeDefined();
		expect(lieutenantSelf(env, 8)).toBeUndefined();
		expect(lieutenantSelf({}, 7)).toBeUndefined();
	});
});

describe("an extension", () => {
	it("registers once per session, whichever copy comes first, and anew after a reload", () => {
		const store = {};
		const ends: (() => void)[] = [];
		const pi = { on: (_event: string, run: () => void) => void ends.push(run) } as unknown as Parameters<
			typeof loadOnce
		>[0];
		expect(loadOnce(pi, "pack", store)).toBe(true);
		expect(loadOnce(pi, "pack", store)).toBe(false);
		expect(loadOnce(pi, "hub", store)).toBe(true);
		for (const end of ends) end();
		expect(loadOnce(pi, "pack", store)).toBe(true);
	});
});
