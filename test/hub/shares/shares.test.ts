import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { caller, testHub, worldAt } from "../support.ts";

const HOUR = 3_600_000;
let now = Date.parse("2026-01-01T00:00:00Z");
const { hub, done, ask, mint, folder } = await testHub({ world: worldAt(() => now) });
const lead = { token: await mint("orchestrator", "lead") };
const open = { token: null };
const report = (content: string, title = "Totals"): Promise<{ id: string }> =>
	done("POST", "/reports", { title, author: "ann", content });
const share = async (content = "# Hello", fields: object = {}) => {
	const { id } = await report(content);
	const { linkId, url } = await done("POST", `/reports/${id}/share`, fields, lead);
	return { id, linkId, url, path: new URL(url).pathname };
};
const page = (path: string) => ask("GET", path, undefined, open);

describe("a share link", () => {
	test("shows the report without a token, rendered on the server, and tells its card", async () => {
		const { path } = await share("# Hello\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n**bold**");
		const { status, body, headers } = await page(path);
		expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
		expect(body).toContain('id="report-viewer"');
		expect(body).toContain("<h1>Totals</h1>");
		expect(body).toMatch(/<td>1<\/td>\s*<td><code>x<\/code><\/td>/);
		expect(body).toContain("<strong>bold</strong>");
		expect(body).toContain(`<meta property="og:image" content="${hub.address}${path}/og-image.svg">`);
		const image = await page(`${path}/og-image.svg`);
		expect([image.status, image.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
		expect(image.body).toContain(">Totals<");
	});

	test("may be made without a body, and is called by the old API's names", async () => {
		const { id } = await report("x");
		const link = await done("POST", `/reports/${id}/share`);
		expect(Object.keys(link)).toEqual(["linkId", "url"]);
		expect(await done("GET", `/reports/${id}/shares`)).toEqual({
			links: [
				{
					linkId: link.linkId,
					reportId: id,
					createdAt: new Date(now).toISOString(),
					createdBy: "admin",
					expiresAt: null,
					label: null,
					revoked: 0,
					accessCount: 0,
				},
			],
			count: 1,
		});
		expect((await ask("POST", "/reports/none/share")).body.error).toBe("report not found");
		expect((await ask("GET", "/reports/none/shares")).status).toBe(404);
	});

	test("ends when it expires; a moment that is none, or past, is refused", async () => {
		const { path, id } = await share("x", { expiresAt: "2h", label: " for Bob " });
		expect((await page(path)).status).toBe(200);
		expect((await done("GET", `/reports/${id}/shares`)).links[0]).toMatchObject({
			expiresAt: "2026-01-01T02:00:00.000Z",
			label: "for Bob",
		});
		now += 2 * HOUR;
		const { status, body } = await page(path);
		expect(status).toBe(404);
		expect(body).toContain("invalid, expired, or has been revoked");
		expect((await page(`${path}/og-image.svg`)).status).toBe(404);
		for (const expiresAt of ["tomorrow-ish", "NaN", "2020-01-01", "0h", "", "0d"]) {
			expect((await ask("POST", `/reports/${id}/share`, { expiresAt }, lead)).status, expiresAt).toBe(400);
		}
	});

	test("ends when it is revoked, by its name or its address, once", async () => {
		const one = await share();
		expect(await done("DELETE", `/reports/share/${one.linkId}`, undefined, lead)).toEqual({ revoked: true });
		expect((await page(one.path)).status).toBe(404);
		expect(await ask("DELETE", `/reports/share/${one.linkId}`)).toMatchObject({
			status: 400,
			body: { error: "link already revoked" },
		});
		const two = await share();
		await done("DELETE", two.path);
		expect((await page(two.path)).status).toBe(404);
		expect(await ask("DELETE", "/reports/share/none")).toMatchObject({
			status: 404,
			body: { error: "share link not found" },
		});
	});

	test("says so when its report is gone; one that never was looks like one that expired", async () => {
		const { id, path, linkId } = await share();
		await done("DELETE", `/reports/${id}`);
		expect((await page(path)).body).toContain("no longer there");
		const never = await page(`/reports/share/${"x".repeat(43)}`);
		expect([never.status, never.body.includes("invalid, expired, or has been revoked")]).toEqual([404, true]);
		// The name of a link is in lists and in the feed: it opens nothing.
		expect((await page(`/reports/share/${linkId}`)).body).toContain("invalid, expired, or has been revoked");
	});

	test("is made, listed and revoked by who leads, by nobody else, and each is on the feed", async () => {
		const lieutenant = { token: await mint("lieutenant", `lt${now}`) };
		const { id, linkId } = await share();
		expect((await ask("POST", `/reports/${id}/share`, {}, lieutenant)).status).toBe(403);
		expect((await ask("GET", `/reports/${id}/shares`, undefined, lieutenant)).status).toBe(403);
		expect((await ask("DELETE", `/reports/share/${linkId}`, undefined, lieutenant)).status).toBe(403);
		await done("DELETE", `/reports/share/${linkId}`, undefined, lead);
		expect(await done("GET", "/feed/events?limit=2")).toMatchObject([
			{ type: "report_shared", agent: "lead", detail: { report: id, link: linkId } },
			{ type: "report_unshared", agent: "lead", detail: { report: id, link: linkId } },
		]);
	});

	test("is kept as a hash alone: neither data, lists nor feed hold what opens it", async () => {
		const { url, id } = await share();
		const secret = url.slice(url.lastIndexOf("/") + 1);
		expect(secret.length).toBe(43);
		const told = [await done("GET", `/reports/${id}/shares`), await done("GET", "/feed/events?limit=1000")];
		expect(JSON.stringify(told)).not.toContain(secret);
		const files = readdirSync(folder).filter((name) => name.startsWith("hub.db"));
		expect(files).toContain("hub.db-wal");
		for (const name of files) expect(readFileSync(`${folder}/${name}`, "latin1"), name).not.toContain(secret);
	});
});

describe("who reads is noted", () => {
	test("newest first, with the address of the connection, whatever the request claims", async () => {
		const { path, linkId, id } = await share();
		await ask("GET", path, undefined, { ...open, headers: { "user-agent": "first", "x-real-ip": "6.6.6.6" } });
		await ask("GET", path, undefined, {
			...open,
			headers: { "user-agent": "second", "x-forwarded-for": "6.6.6.6, 10.1.2.3", referer: "https://a.example/" },
		});
		const { log, count } = await done("GET", `/reports/share/${linkId}/access`);
		expect(count).toBe(2);
		expect(log).toMatchObject([
			// From this machine, hence from a proxy: it appends what it saw; what stands before that is the reader's word.
			{ linkId, reportId: id, ip: "10.1.2.3", userAgent: "second", referrer: "https://a.example/" },
			{ linkId, ip: "127.0.0.1", userAgent: "first", referrer: null },
		]);
		expect((await done("GET", `/reports/${id}/shares`)).links[0].accessCount).toBe(2);
		expect((await ask("GET", "/reports/share/none/access")).body.error).toBe("share link not found");
	});

	test("up to a thousand times for each link; more are only counted", async () => {
		const { path, linkId, id } = await share();
		const database = worldAt(() => now).files.database(`${folder}/hub.db`);
		database.exec(`insert into share_accesses (id, link, timestamp)
			with recursive k (i) as (select 1 union all select i + 1 from k where i < 1000)
			select 'OLD' || i, (select n from share_links where id = '${linkId}'), '2026-01-01' from k`);
		database.close();
		await page(path);
		await page(path);
		const first = await done("GET", `/reports/share/${linkId}/access`);
		expect(first.count).toBe(1_000);
		expect(first).not.toHaveProperty("next");
		expect(first.log[0].ip).toBe("127.0.0.1");
		expect((await done("GET", `/reports/${id}/shares`)).links[0].accessCount).toBe(2);
	});
});

describe("the page", () => {
	test("is all text to a browser, whatever the report holds", async () => {
		const hostile = [
			"hi</script><script>alert(1)</script>",
			"<img src=x onerror=alert(1)>",
			"[a](javascript:alert(1)) [b](data:text/html,x) [c](JaVaScRiPt&#58;alert(1)) [d](vbscript:x) [e](/board/tasks) [f](//evil.example)",
			'![x"onerror=alert(1)](https://evil.example/p.png"onerror=alert(1))',
			"![pixel](https://evil.example/p.png)",
			"[ok](https://good.example/a?b=1&c=2) [mail](mailto:a@b.example)",
			"$& $1 `$'`",
		].join("\n\n");
		const { path } = await share(hostile);
		const { body } = await page(path);
		expect(body).not.toMatch(/<script|<img|<iframe/i);
		expect(body).toContain("&lt;script&gt;");
		const hrefs = [...body.matchAll(/href="([^"]*)"/g)].map((match) => match[1]);
		expect(hrefs).toEqual(["https://good.example/a?b=1&amp;c=2", "mailto:a@b.example"]);
		expect(body).toContain("$&amp; $1");
		expect(body.match(/<article>/g)?.length).toBe(1);
		const tags = [...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
		expect(tags.filter((tag) => /\s(?:src|srcdoc|action|formaction|on\w+)\s*=/i.test(tag))).toEqual([]);
	});

	test("escapes title, author and label in its head, too", async () => {
		const title = "\"><script>alert(1)</script> ' &";
		const { id } = await report("x", title);
		const { url } = await done("POST", `/reports/${id}/share`);
		for (const path of [new URL(url).pathname, `${new URL(url).pathname}/og-image.svg`]) {
			const { body } = await page(path);
			expect(body).not.toContain("<script");
			expect(body).toContain("&lt;script&gt;");
		}
	});

	test("may load nothing but its own style, and be kept by nobody", async () => {
		const { path } = await share();
		for (const asked of [path, "/reports/share/none"]) {
			const { headers } = await page(asked);
			const csp = headers.get("content-security-policy") ?? "";
			expect(csp).toMatch(
				/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox/,
			);
			expect(csp).not.toContain("unsafe");
			expect(headers.get("x-content-type-options")).toBe("nosniff");
			expect(headers.get("referrer-policy")).toBe("no-referrer");
			expect(headers.get("cache-control")).toBe("private, no-store");
		}
	});

	test.each(["%00", "..%2f..%2fetc", "%F0%9F%98%80", "'; drop table reports; --", "x".repeat(999), "x".repeat(5_000)])(
		"of a link like %s is none, and no fault of the hub",
		async (odd) => {
			for (const rest of ["", "/og-image.svg"]) {
				const { status } = await page(`/reports/share/${odd}${rest}`);
				expect(status).toBeGreaterThanOrEqual(400);
				expect(status).toBeLessThan(500);
			}
		},
	);

	test("shows a very long report as it is, without rendering it", async () => {
		const { path } = await share(`${"> ".repeat(120_000)}<b>`);
		const { status, body } = await page(path);
		expect(status).toBe(200);
		expect(body).toContain("&lt;b&gt;</pre>");
	});
});

test("the address of a link is the hub's own or PUBLIC_URL, whatever Host header a request brings", async () => {
	const ours = await testHub({ publicUrl: "https://hub.example.org/fleet" });
	const answers = async (address: string, id: string, token: string): Promise<string> =>
		new Promise((resolve, reject) => {
			const headers = { host: "evil.example", "x-forwarded-proto": "gopher", authorization: `Bearer ${token}` };
			const sent = request(`${address}/reports/${id}/share`, { method: "POST", headers }, (response) => {
				let text = "";
				response.on("data", (piece) => (text += String(piece)));
				response.on("end", () => resolve(JSON.parse(text).url));
			});
			sent.on("error", reject).end();
		});
	const { id } = await report("x");
	expect(await answers(hub.address, id, lead.token)).toMatch(new RegExp(`^${hub.address}/reports/share/`));
	const other = await ours.done("POST", "/reports", { title: "t", author: "a", content: "c" });
	const admin = await ours.mint("orchestrator", "boss");
	const url = await answers(ours.hub.address, other.id, admin);
	expect(url).toMatch(/^https:\/\/hub\.example\.org\/fleet\/reports\/share\/[\w-]{43}$/);
	const shown = await caller(ours.hub.address)("GET", `/reports/share/${url.split("/").at(-1)}`, undefined, {
		token: null,
		headers: { host: "evil.example" },
	});
	expect(shown.body).not.toContain("evil.example");
});
