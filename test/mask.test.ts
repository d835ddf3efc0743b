import { describe, expect, test } from "vitest";
import { masker, secretsIn } from "../src/mask.ts";

describe("what this host knows", () => {
	const mask = masker([
		...secretsIn({
			ANTHROPIC_API_KEY: 'se"cret\\value',
			MY_TOKEN: "abcdefghij",
			PATH: "/usr/bin:/bin",
			PIN_KEY: "1234",
		}),
		{ name: "token of ada", value: "abcdefghijKLM" },
	]);

	test("is masked wherever it stands: in text, in JSON, in an address; the longer one first", () => {
		expect(mask('x=se"cret\\value;')).toBe("x=[masked: ANTHROPIC_API_KEY];");
		expect(mask(JSON.stringify({ command: 'echo se"cret\\value' }))).toBe(
			'{"command":"echo [masked: ANTHROPIC_API_KEY]"}',
		);
		expect(mask(`?k=${encodeURIComponent('se"cret\\value')}`)).toBe("?k=[masked: ANTHROPIC_API_KEY]");
		expect(mask("abcdefghijKLM abcdefghij")).toBe("[masked: token of ada] [masked: MY_TOKEN]");
	});

	test("is left where it is no secret, or as short as a word", () => {
		expect(mask("/usr/bin:/bin 1234")).toBe("/usr/bin:/bin 1234");
	});
});

describe("what looks like a key", () => {
	const mask = masker([]);
	const a = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5";

	test.each([
		[`sk-ant-api03-${a}`, "[masked]"],
		[`sk-proj-${a}`, "[masked]"],
		[`sk_live_${a}`, "[masked]"],
		[`ghp_${a}`, "[masked]"],
		[`github_pat_${a}`, "[masked]"],
		[`npm_${a}`, "[masked]"],
		[`xoxb-123456-${a}`, "[masked]"],
		["AKIAIOSFODNN7EXAMPLE", "[masked]"],
		[
			`key 0f8fad5b-d9cb-469f-a165-70867728950e${"0a1b".repeat(16)} refused`,
			"key 0f8fad5b-d9cb-469f-a165-70867728950e[masked] refused",
		],
		[`AIza${a}`, "[masked]"],
		[`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${a}`, "[masked]"],
		[`Authorization: Bearer ${a}`, "Authorization: Bearer [masked]"],
		[`-H "authorization: token ${a}"`, '-H "authorization: token [masked]"'],
		["https://ann:hunter22@git.example/x", "https://ann:[masked]@git.example/x"],
		[`AWS_SECRET_ACCESS_KEY=${a}`, "AWS_SECRET_ACCESS_KEY=[masked]"],
		[`"DB_PASSWORD": "correct-horse"`, `"DB_PASSWORD": "[masked]"`],
		[`x -----BEGIN RSA PRIVATE KEY-----\n${a}\n${a}\n-----END RSA PRIVATE KEY----- y`, "x [masked] y"],
		[`-----BEGIN OPENSSH PRIVATE KEY-----\n${a}`, "[masked]"],
	])("%j is masked", (text, expected) => {
		expect(mask(text)).toBe(expected);
		// What is masked already stays as it is.
		expect(mask(expected)).toBe(expected);
	});

	test.each([
		"commit 3fa91c2d4e5f60718293a4b5c6d7e8f901234567 in src/usage/totals.ts",
		"const token = await tokens.find(secret);",
		"http://127.0.0.1:3000/board/tasks",
		"01JDXYZABCDEFGHJKMNPQRSTVW",
		"the bearer of bad news",
		"task-skeleton and disk-usage",
	])("%j is not", (text) => {
		expect(mask(text)).toBe(text);
	});
});
