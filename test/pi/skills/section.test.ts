import { formatSkillsForPrompt } from "@earendil-works/pi-coding-agent";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expanded, type Offer, offering, sectionOf, type Wanted, withOffers } from "../../../src/pi/skills/section.ts";

const PACKAGE = "/package/skills/";
const offer = (name: string, description = `about ${name}`, location = `/shelf/${name}/SKILL.md`): Offer => ({
	...{ name, description, location },
});
const own = (name: string) => offer(name, `about ${name}`, `/home/skills/${name}/SKILL.md`);
const packaged = (name: string) => offer(name, `about ${name}`, `${PACKAGE}${name}/SKILL.md`);
/** As pi writes it. */
const list = (offers: readonly Offer[]) =>
	sectionOf(
		formatSkillsForPrompt(
			offers.map(({ name, description, location }) => ({
				...{ name, description, filePath: location, baseDir: "/", disableModelInvocation: false },
				sourceInfo: { path: location, source: "x", scope: "user", origin: "top-level" },
			})),
		),
	);
const wants = (offers: readonly Offer[], ...withdrawn: string[]): Wanted => ({
	...{ offers, withdrawn: new Set(withdrawn) },
	replaceable: (location) => location.startsWith(PACKAGE),
});
const shown = (section: string | undefined, wanted: Wanted) => offering(section, wanted, list);

describe("the list of skills", () => {
	const [a, b, mine] = [packaged("a"), packaged("b"), own("mine")];

	test("gets what is new at its end, and what is changed in its place", () => {
		expect(shown(list([a, mine, b]), wants([offer("a"), offer("c")]))).toBe(list([offer("a"), mine, b, offer("c")]));
	});

	test("loses what was withdrawn of the package's, and never a person's own", () => {
		expect(shown(list([a, mine, b]), wants([], "a", "mine"))).toBe(list([mine, b]));
		expect(shown(list([mine]), wants([offer("mine")]))).toBe(list([mine]));
	});

	test("is made where pi has none, and is not there when nothing is left", () => {
		expect(shown(undefined, wants([offer("c")]))).toBe(list([offer("c")]));
		expect(shown(undefined, wants([]))).toBeUndefined();
		expect(shown(list([a]), wants([], "a"))).toBeUndefined();
	});

	test("stays to the letter where the hub says nothing else", () => {
		const section = list([a, mine]);
		expect(shown(section, wants([], "c"))).toBe(section);
	});

	test("is what pi would write, whatever names and descriptions hold, also done twice", () => {
		const word = fc.stringMatching(/^[a-z]{1,6}$/);
		const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
		const some = fc.uniqueArray(fc.record({ name: word, text }), { selector: ({ name }) => name, maxLength: 5 });
		fc.assert(
			fc.property(some, some, (loaded, told) => {
				const before = loaded.map(({ name, text }) => offer(name, text, `${PACKAGE}${name}/SKILL.md`));
				const offers = told.map(({ name, text }) => offer(name, text));
				const names = new Set(before.map(({ name }) => name));
				const whole = [
					...before.map((one) => offers.find(({ name }) => name === one.name) ?? one),
					...offers.filter(({ name }) => !names.has(name)),
				];
				const once = shown(list(before), wants(offers));
				expect(once).toBe(list(whole));
				expect(offering(once, { ...wants(offers), replaceable: () => true }, list)).toBe(once);
			}),
		);
	});
});

describe("a request", () => {
	const render = (section: string | undefined) => `${section ?? "none"}!`;
	const system = (sections: Record<string, string | null>) => ({ role: "system", content: "", sections });

	test("has it in the first system message, and in each later one that says it anew", () => {
		const user = { role: "user", content: "hi" };
		const told = withOffers(
			[
				system({ preamble: "p", skills: "s", cwd: "c" }),
				user,
				system({ rules: "r" }),
				system({ skills: "t" }),
				system({ skills: null }),
			],
			render,
		);
		expect(told).toEqual([
			system({ preamble: "p", skills: "s!", cwd: "c" }),
			user,
			system({ rules: "r" }),
			system({ skills: "t!" }),
			system({ skills: "none!" }),
		]);
	});

	test("gets it before the folder where pi had none, and keeps a removal a removal", () => {
		const [first] = withOffers([system({ preamble: "p", cwd: "c" })], render);
		expect(Object.keys((first as ReturnType<typeof system>).sections)).toEqual(["preamble", "skills", "cwd"]);
		const gone = withOffers([system({ skills: "s" }), system({ skills: "t" })], () => undefined);
		expect(gone).toEqual([system({}), system({ skills: null })]);
	});

	test("without pi's sections is left alone", () => {
		const messages = [{ role: "system", content: "forced" }, { role: "user" }];
		expect(withOffers(messages, render)).toEqual(messages);
	});
});

test("a skill that is called by name is expanded as pi expands one", () => {
	const content = "---\nname: a\ndescription: d\n---\n\n# Do\n";
	expect(expanded(offer("a"), content, "it now")).toBe(
		'<skill name="a" location="/shelf/a/SKILL.md">\nReferences are relative to /shelf/a.\n\n# Do\n</skill>\n\nit now',
	);
});
