/** The dashboard's files as any client gets them. */
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { logIn, visit } from "../hub/access/visit.ts";
import { ADMIN, testHub } from "../hub/support.ts";

const { hub, done } = await testHub();
const at = hub.address;
const link = async () => (await done("POST", "/auth/magic-link", {}, { token: ADMIN })).url;

/** Every file that the page loads, found as a browser finds them: by what names what. */
async function everyFile(): Promise<readonly string[]> {
	const { text } = await visit(`${at}/ui/`, { cookie: await logIn(await link()) });
	const found = [...text.matchAll(/(?:href|src)="static\/([^"]+)"/g)].map(([, name = ""]) => name);
	for (const name of found) {
		const { text: source } = await visit(`${at}/ui/static/${name}`);
		for (const [, next = ""] of source.matchAll(/from\s*"\.\/([\w.-]+)"/g)) if (!found.includes(next)) found.push(next);
	}
	return found;
}

test("are at most 250 kB in all as they travel, the libraries among them", async () => {
	const files = await everyFile();
	expect(files).toEqual(
		expect.arrayContaining(["app.js", "style.css", "lib-preact.js", "lib-hooks.js", "lib-htm.js", "lib-uplot.js"]),
	);
	let bytes = 0;
	for (const name of files) {
		const answer = await fetch(`${at}/ui/static/${name}`, { headers: { "accept-encoding": "gzip" } });
		expect([name, answer.status]).toEqual([name, 200]);
		bytes += Number(answer.headers.get("content-length"));
		await answer.arrayBuffer();
	}
	expect(bytes).toBeGreaterThan(10_000);
	expect(bytes).toBeLessThanOrEqual(250_000);
});

test("are asked for anew without travelling again, and are the same packed and plain", async () => {
	const plain = await visit(`${at}/ui/static/app.js`, { headers: { "accept-encoding": "identity" } });
	const tag = plain.headers.get("etag") ?? "";
	const again = await visit(`${at}/ui/static/app.js`, { headers: { "if-none-match": tag } });
	expect([again.status, again.text]).toEqual([304, ""]);
	const raw = await new Promise<Buffer>((resolve) => {
		request(`${at}/ui/static/app.js`, { headers: { "accept-encoding": "gzip" } }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part) => parts.push(part)).on("end", () => resolve(Buffer.concat(parts)));
		}).end();
	});
	expect(gunzipSync(raw).toString()).toBe(plain.text);
});

test("are those of the dashboard and no others", async () => {
	const names = ["index.html", "tsconfig.json", "nothing.js", "..%2Fhub%2Fhub.ts", "%2e%2e%2fapp.js", "__proto__", ""];
	for (const name of names) expect([name, (await visit(`${at}/ui/static/${name}`)).status]).toEqual([name, 404]);
});

test("the page runs scripts of its hub alone, is framed by nobody, and is shown to who is logged in", async () => {
	expect((await visit(`${at}/ui/`)).headers.get("location")).toBe("login");
	expect((await visit(`${at}/ui/report/x`)).headers.get("location")).toBe("../login");
	const cookie = await logIn(await link());
	const { status, headers, text } = await visit(`${at}/ui/`, { cookie });
	const policy = headers.get("content-security-policy") ?? "";
	expect([status, headers.get("x-frame-options"), headers.get("cache-control")]).toEqual([
		200,
		"DENY",
		"private, no-store",
	]);
	for (const part of [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"frame-ancestors 'none'",
		"connect-src 'self'",
	])
		expect(policy.split("; ")).toContain(part);
	expect(policy).not.toContain("unsafe");
	expect(text).toContain('<meta name="flagship-role" content="admin">');
	expect((await visit(`${at}/ui/report/01ARZ3NDEKTSV4RRFFQ69G5FAV`, { cookie })).status).toBe(404);
});

test("a report's page may be framed by the dashboard, and has no script, form or origin", async () => {
	const { id } = await done("POST", "/reports", {
		title: "R",
		author: "ada",
		content: "<script>1</script>\n\n|a|b|\n|---|--:|\n|x|1|",
	});
	const { headers, text } = await visit(`${at}/ui/report/${id}`, { cookie: await logIn(await link()) });
	const policy = headers.get("content-security-policy") ?? "";
	expect(policy.split("; ")).toEqual(
		expect.arrayContaining(["default-src 'none'", "frame-ancestors 'self'", "sandbox allow-popups"]),
	);
	expect([headers.get("x-frame-options"), text.includes("<script")]).toEqual(["SAMEORIGIN", false]);
	// The side of a column is no style: the policy would refuse it.
	expect([text.includes('<td align="right">1</td>'), text.includes("style=")]).toEqual([true, false]);
});
