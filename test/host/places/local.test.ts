/** What the place of this machine puts into a lieutenant's folder, on a real disk. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { homeOf, lieutenantFolder } from "../../../src/daemon/home.ts";
import { temporaryFolder } from "../../../src/host/agent/environment.ts";
import type { LifeOptions, LifeWatch } from "../../../src/host/agent/life.ts";
import { LocalPlace } from "../../../src/host/places/local.ts";
import { parseAllowance } from "../../../src/pi/pack/allowance.ts";
import { realWorld } from "../../../src/world/real.ts";
import { makeFolder } from "../../support/folder.ts";

const ID = "01JD0000000000000000000001";
const USED = { turns: 1, tokens: 2, usd: 3 };

function begin() {
	const root = makeFolder();
	const home = homeOf({ FLAGSHIP_HOME: root, XDG_RUNTIME_DIR: root }, { uid: 0, folder: root });
	const folder = lieutenantFolder(home, ID);
	mkdirSync(folder, { recursive: true });
	return { place: new LocalPlace({ world: realWorld(), home, socket: join(root, "s"), packageFolder: root }), folder };
}

test("an allowance is replaced as a whole, and taken away with the work that it bounds", () => {
	const { place, folder } = begin();
	for (const turns of [5, 6]) {
		place.allow(ID, { from: USED, cap: { turns } });
		expect(parseAllowance(readFileSync(join(folder, "allowance.json"), "utf8"))?.cap).toEqual({ turns });
	}
	place.allow(ID, undefined);
	expect(readdirSync(folder)).toEqual([]);
	place.allow(ID, undefined);
});

test("a report is left where no report was before, and what is temporary is cleared", async () => {
	const { place, folder } = begin();
	expect(readFileSync(place.leave(ID, "r.md", "# said"), "utf8")).toBe("# said");
	mkdirSync(join(temporaryFolder(folder), "deep"), { recursive: true });
	await place.clear(ID);
	expect([existsSync(temporaryFolder(folder)), existsSync(join(folder, "reports"))]).toEqual([false, true]);
});

test("a life finds its role, its shell's note and how far it may go in its folder before it begins", () => {
	const root = makeFolder();
	const home = homeOf({ FLAGSHIP_HOME: root, XDG_RUNTIME_DIR: root }, { uid: 0, folder: root });
	const world = realWorld();
	const detached = () => {
		throw new Error("not in this test");
	};
	const sockets = { ...world.sockets, makeFifos: () => undefined };
	const place = new LocalPlace({
		...{ world: { ...world, sockets, spawn: { ...world.spawn, detached } }, home },
		...{ socket: join(root, "s"), packageFolder: root },
	});
	const employment = {
		...{ id: ID, name: "ada", role: "a tester", owner: "captain", cwd: root, hub: { token: "t" }, gates: "{}" },
		...{ ports: 42_000, pi: ["node", "pi.js"], env: {}, allowance: { from: USED, cap: { turns: 7 } } },
	};
	const watch = { onRecord: () => undefined, onEnd: () => undefined } as unknown as LifeWatch;
	expect(() => place.start(employment, 1, watch, {} as LifeOptions)).toThrow();
	const folder = lieutenantFolder(home, ID);
	expect(readdirSync(folder)).toEqual(expect.arrayContaining(["allowance.json", "bash-env.sh", "role.md", "session"]));
	expect(parseAllowance(readFileSync(join(folder, "allowance.json"), "utf8"))?.cap).toEqual({ turns: 7 });
	expect(readFileSync(join(folder, "role.md"), "utf8")).toContain("a tester");
});
