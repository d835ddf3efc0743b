import { expect, test } from "vitest";
import { versAccount } from "../../src/vers/key.ts";

const KEY = "5c3a6c0e-0000-4000-8000-00000000aaaaffff";
const files = (all: Readonly<Record<string, string>>) => ({ read: (path: string) => all[path] });
const env = { HOME: "/h" };

test.each([
	["the environment", {}, { ...env, VERS_API_KEY: KEY }],
	["keys.json", { "/h/.vers/keys.json": JSON.stringify({ keys: { VERS_API_KEY: KEY } }) }, env],
	["keys.json of VERS_HOME", { "/v/keys.json": JSON.stringify({ keys: { VERS_API_KEY: KEY } }) }, { VERS_HOME: "/v" }],
	["config.json", { "/h/.vers/config.json": JSON.stringify({ versApiKey: KEY }) }, env],
	["config.json, the older name", { "/h/.vers/config.json": JSON.stringify({ api_key: KEY }) }, env],
	[".versrc as the command line writes it", { "/h/.versrc": JSON.stringify({ apiKey: KEY }) }, env],
	[".versrc with the bare key", { "/h/.versrc": `${KEY}\n` }, env],
	["what is whole, beside what is torn", { "/h/.vers/keys.json": "{", "/h/.versrc": KEY }, env],
])("a key is found in %s", (_where, all, environment) => {
	expect(versAccount(files(all), environment)).toEqual({ key: KEY, url: "https://api.vers.sh/api/v1" });
});

test.each([
	["https://x.test/api/v1", "https://x.test/api/v1"],
	["https://x.test/api/v1/", "https://x.test/api/v1"],
	["http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1"],
])("VERS_BASE_URL %s means %s, with and without its prefix", (said, url) => {
	expect(versAccount(files({}), { VERS_API_KEY: KEY, VERS_BASE_URL: said }).url).toBe(url);
});

test("no key, an empty one and an address that is none are told, with what to do", () => {
	expect(() => versAccount(files({}), env)).toThrow("No key of the Vers platform");
	expect(() => versAccount(files({ "/h/.versrc": "two words" }), { ...env, VERS_API_KEY: " " })).toThrow("No key");
	expect(() => versAccount(files({}), { VERS_API_KEY: KEY, VERS_BASE_URL: "vers" })).toThrow("is no address");
});
