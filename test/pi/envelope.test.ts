import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { envelopeOf, envelopesOf, unwrap, wrap } from "../../src/pi/envelope.ts";
import { Deliveries } from "../../src/pi/pack/memory.ts";
import { withoutEnvelopes } from "../../src/pi/pack/strip.ts";

const ID = "01JD3V5P8QZ4X9Y2W7K6M1N0AB";
const OTHER = "01JD3V5P8QZ4X9Y2W7K6M1N0AC";

describe("an envelope", () => {
	it("comes off as it was put on, whatever the text", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 999_999 }), (text, n) => {
				expect(unwrap(wrap({ id: ID, n }, text))).toEqual({ envelope: { id: ID, n }, text });
			}),
		);
	});

	it("is one only on the first line, so that a quoted one says nothing", () => {
		expect(envelopeOf(`see:\n<<flagship:${ID}.1>>\nx`)).toBeUndefined();
		expect(envelopeOf(` <<flagship:${ID}.1>>`)).toBeUndefined();
		expect(envelopeOf(`<<flagship:${ID}.0>>\nx`)).toBeUndefined();
		expect(envelopeOf(`<<flagship:../../etc.1>>\nx`)).toBeUndefined();
		expect(envelopesOf(["hello", wrap({ id: ID, n: 2 }, "x")])).toEqual([{ id: ID, n: 2 }]);
	});

	it("is taken from what the model sees, and nothing else is", () => {
		const wrapped = wrap({ id: ID, n: 1 }, "do it");
		const image = { type: "image", data: "" };
		const messages = [
			{ role: "user", content: wrapped },
			{ role: "user", content: [image, { type: "text", text: wrapped }] },
			{ role: "assistant", content: [{ type: "text", text: wrapped }] },
			{ role: "user", content: "plain" },
		];
		expect(withoutEnvelopes(messages)).toEqual([
			{ role: "user", content: "do it" },
			{ role: "user", content: [image, { type: "text", text: "do it" }] },
			messages[2],
			messages[3],
		]);
		const plain = [messages[3]];
		expect(withoutEnvelopes(plain)).toBe(plain);
	});
});

describe("the memory of deliveries", () => {
	it("takes each n once, a higher one again, and outlives the extension that filled it", () => {
		const store = {};
		const first = new Deliveries(store);
		expect(first.take({ id: ID, n: 1 })).toBe(true);
		expect(first.take({ id: ID, n: 1 })).toBe(false);
		const second = new Deliveries(store);
		expect(second.take({ id: ID, n: 1 })).toBe(false);
		expect(second.take({ id: ID, n: 2 })).toBe(true);
		expect(second.take({ id: ID, n: 1 })).toBe(false);
		expect(second.take({ id: OTHER, n: 1 })).toBe(true);
	});

	it("knows what an earlier life put into the session", () => {
		const deliveries = new Deliveries({});
		deliveries.refill([
			{ type: "session", id: "s" },
			{ type: "message", id: "a", parentId: null, message: { role: "user", content: wrap({ id: ID, n: 3 }, "x") } },
			{ type: "message", id: "b", parentId: "a", message: { role: "assistant", content: [] } },
			null,
		]);
		expect(deliveries.take({ id: ID, n: 3 })).toBe(false);
		expect(deliveries.take({ id: ID, n: 4 })).toBe(true);
	});
});
