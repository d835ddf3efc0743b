import fc from "fast-check";
import { expect, test } from "vitest";
import { RECEIPTS } from "../../src/contract/lieutenants.ts";
import { after, ended, type Receipt, type Sighting } from "../../src/host/receipt.ts";

const SIGHTINGS: readonly Sighting[] = ["held", "answered", "forgotten", "refused", "replaced", "given-up"];
const ENDS: readonly Receipt[] = ["consumed", "superseded", "rejected", "lost"];

const cells: readonly (readonly [Receipt, Sighting, Receipt])[] = [
	["queued", "held", "accepted"],
	["queued", "answered", "consumed"],
	["queued", "refused", "rejected"],
	["queued", "replaced", "superseded"],
	["queued", "given-up", "lost"],
	["accepted", "answered", "consumed"],
	["accepted", "forgotten", "queued"],
	["accepted", "replaced", "superseded"],
	["accepted", "given-up", "lost"],
];

test.each(RECEIPTS.flatMap((receipt) => SIGHTINGS.map((sighting) => ({ receipt, sighting }))))(
	"$receipt, when it is $sighting, becomes what the table says",
	({ receipt, sighting }) => {
		const [, , next] = cells.find(([from, what]) => from === receipt && what === sighting) ?? [];
		expect(after(receipt, sighting)).toBe(next ?? receipt);
	},
);

test("the ends are those four that nothing follows", () => {
	expect(RECEIPTS.filter(ended)).toEqual(RECEIPTS.filter((receipt) => ENDS.includes(receipt)));
});

test("whatever is seen in whatever order, a message that has ended stays at its end", () => {
	fc.assert(
		fc.property(fc.array(fc.constantFrom(...SIGHTINGS)), (sightings) => {
			let receipt: Receipt = "queued";
			for (const sighting of sightings) {
				const next: Receipt = after(receipt, sighting);
				if (ended(receipt)) expect(next).toBe(receipt);
				receipt = next;
			}
		}),
	);
});

test("what pi or a rule refuses was never accepted: only a queued message is rejected", () => {
	expect(RECEIPTS.filter((receipt) => after(receipt, "refused") === "rejected")).toEqual(["queued", "rejected"]);
});
