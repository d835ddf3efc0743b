import fc from "fast-check";
import { expect, test } from "vitest";
import { createIds } from "../../src/hub/ids.ts";
import { realWorld } from "../../src/world/real.ts";

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

test("ids only grow, whatever the clock does, across restarts too", () => {
	fc.assert(
		fc.property(
			fc.array(fc.tuple(fc.integer({ min: -5, max: 2 ** 41 }), fc.boolean()), { minLength: 2 }),
			(moments) => {
				let now = 0;
				const world = { ...realWorld(), clock: { ...realWorld().clock, now: () => now } };
				let ids = createIds(world, undefined);
				let last = "";
				for (const [moment, restart] of moments) {
					now = moment;
					if (restart) ids = createIds(world, last === "" ? undefined : last);
					const next = ids.next();
					expect(next).toMatch(ULID);
					expect(next > last).toBe(true);
					last = next;
				}
			},
		),
	);
});
