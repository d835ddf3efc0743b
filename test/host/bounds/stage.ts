/** A host with real pi and one lieutenant's script, for tests of bounded work. Everything ends with the test file. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, createClient } from "../../../src/client/client.ts";
import { realWorld } from "../../../src/world/real.ts";
import { ADMIN } from "../../client/real-hub.ts";
import { atEnd } from "../../support/cleanup.ts";
import { type Home, makeHome } from "../../support/home.ts";
import { TestHost } from "../../support/host.ts";
import { makeModel, type Step } from "../../support/model.ts";
import type { Pi } from "../../support/pis.ts";
import { until } from "../../support/until.ts";

export const READ: Step = { toolCalls: [{ name: "read", arguments: { path: "a.txt" } }], usage: { prompt: 1_000 } };
/** Answers in no time, and so is turns ahead of whoever counts them from outside. */
export const READER = { steps: [], after: READ };

/** `deep`: what the model says to the lieutenant of that name. `values`: the home's settings. */
export async function boundStage(pi: Pi, deep: object, values: object = {}) {
	const model = await makeModel({ script: { agents: { deep } } });
	const home = makeHome({ model });
	writeFileSync(join(home.work, "a.txt"), "words\n");
	const host = new TestHost(home, pi);
	atEnd(() => host.end());
	mkdirSync(home.flagship, { recursive: true, mode: 0o700 });
	writeFileSync(join(home.flagship, "settings.json"), JSON.stringify(values), { mode: 0o600 });
	await host.start();
	/** The text of its so-manieth notice. */
	const heard = async (count: number): Promise<string> => {
		await until(() => told(host).length === count, `notice ${count}; ${host.complaints}`, 40_000);
		return host.notices.at(-1)?.text ?? "";
	};
	return { home, host, heard };
}

/** Settings of a home whose hub is this one. */
export const withHub = (url: string) => ({ hub: url, env: { VERS_AUTH_TOKEN: ADMIN } });

/** A person's client of that hub. */
export function hubClient(url: string): Client {
	const client = createClient({ world: realWorld(), version: "0.1.0", resolve: async () => ({ url, token: ADMIN }) });
	atEnd(() => client.close());
	return client;
}

/** Answers of the model since the beginning, as its session file has them. */
export function answered(home: Home, id: string): number {
	const folder = join(home.flagship, "lieutenants", id, "session");
	const text = readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8");
	return text.split("\n").filter((line) => /"role":"assistant".*"stopReason":"(toolUse|stop)"/.test(line)).length;
}

export const reports = (home: Home, id: string): readonly string[] => {
	const folder = join(home.flagship, "lieutenants", id, "reports");
	// One that is being written has another name until it is whole.
	const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith(".tmp")) : [];
	return names.map((name) => readFileSync(join(folder, name), "utf8"));
};

/** Types of its notices: one whose acknowledgement was lost in a kill comes again, and is one. */
export const told = ({ notices }: TestHost): readonly string[] => [
	...new Map(notices.map((notice) => [notice.id, notice.type])).values(),
];
