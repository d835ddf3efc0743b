/**
 * What pi loads: this file alone, which finds the others by folder. They and all that they import are loaded by Node
 * itself (`bin/pi.mjs` says why); where that cannot be, pi's own loader does it.
 */
import { readdirSync } from "node:fs";
import type { ExtensionAPI } from "@earendil-works/pi-coding-agent";

interface Extension {
	default(pi: ExtensionAPI): void | Promise<void>;
}

type Load = (url: string) => Promise<unknown>;

/** `bin/pi.mjs` */
interface Native {
	nativeImport(given: readonly (readonly [string, object])[]): Promise<Load | undefined>;
}

/** What pi has in memory, under the names by which our modules ask for it. */
const GIVEN = {
	"@earendil-works/pi-coding-agent": () => import("@earendil-works/pi-coding-agent"),
	"@earendil-works/pi-tui": () => import("@earendil-works/pi-tui"),
	"@sinclair/typebox": () => import("@sinclair/typebox"),
};

/** What only a session has that a person talks to: a lieutenant, which would leave it unused, need not wait for it. */
const ORCHESTRATOR_ONLY: ReadonlySet<string> = new Set([
	"fleet.ts",
	"lieutenants.ts",
	"person.ts",
	"recovery.ts",
	"vms.ts",
]);

export default async function flagship(pi: ExtensionAPI): Promise<void> {
	// First of all handlers. Until now it was one that pis share, for what they compile at their start.
	pi.on("session_start", () => {
		const { FLAGSHIP_TMPDIR: temporary } = process.env;
		if (temporary !== undefined) process.env.TMPDIR = temporary;
	});
	const load = await loader();
	const lieutenant = (process.env.FLAGSHIP_LIEUTENANT ?? "") !== "";
	const files = readdirSync(new URL(".", import.meta.url)).filter(
		(file) => /^(?!index\.)[\w-]+\.ts$/.test(file) && !(lieutenant && ORCHESTRATOR_ONLY.has(file)),
	);
	const extensions = await Promise.all(files.sort().map((file) => load(new URL(file, import.meta.url).href)));
	for (const extension of extensions) await (extension as Extension).default(pi);
}

async function loader(): Promise<Load> {
	const given: [string, object][] = [];
	for (const [specifier, load] of Object.entries(GIVEN)) {
		try {
			given.push([specifier, await load()]);
		} catch {
			// A pi that is too old knows not all of these names; `hub.ts` then says that it is.
		}
	}
	const native = (await import(new URL("../bin/pi.mjs", import.meta.url).href)) as Native;
	return (await native.nativeImport(given)) ?? ((url) => import(url));
}
