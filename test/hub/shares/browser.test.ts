import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { HEADERS } from "../../../src/hub/shares/page.ts";
import { domOf, noBrowser } from "../../support/browser.ts";
import { testHub } from "../support.ts";

/** A server of somebody else's: what a browser asks of it has left the page. */
const hits: string[] = [];
const pages = new Map<string, { readonly headers: Readonly<Record<string, string>>; readonly body: string }>();
const elsewhere = createServer((request, response) => {
	const page = pages.get(request.url ?? "");
	if (page === undefined) hits.push(request.url ?? "");
	response.writeHead(page === undefined ? 404 : 200, page?.headers).end(page?.body);
});
elsewhere.listen(0, "127.0.0.1");
await once(elsewhere, "listening");
afterAll(() => elsewhere.close());
const address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;

const hostile = (name: string): string =>
	[
		`hi</script><script>document.title = "ran"; fetch("${address}/${name}-script")</script>`,
		`<img src="${address}/${name}-img" onerror="document.title = 'ran'">`,
		`<iframe srcdoc="<script>parent.document.title='ran'</script>"></iframe>`,
		`<link rel="stylesheet" href="${address}/${name}-style"><svg onload="document.title='ran'"></svg>`,
		`![x](${address}/${name}-image)`,
	].join("\n\n");

const { hub, done } = await testHub();

describe.skipIf(noBrowser !== undefined)("in a real browser", () => {
	test("a report's script does not run and its images load nothing, though the same text as a page does both", async () => {
		const { id } = await done("POST", "/reports", { title: "T", author: "a", content: hostile("report") });
		const { url } = await done("POST", `/reports/${id}/share`);
		const dom = await domOf(url);
		expect(dom).toContain("report-viewer");
		expect(dom).toContain("<title>T</title>");
		expect(hits.filter((hit) => hit.startsWith("/report-"))).toEqual([]);
		expect(dom).toContain("hi&lt;/script&gt;");

		pages.set("/open", { headers: { "content-type": "text/html" }, body: `<title>T</title>${hostile("open")}` });
		expect(await domOf(`${address}/open`)).toContain("<title>ran</title>");
		expect(hits).toContain("/open-script");
	}, 90_000);

	test("the policy of the page alone keeps a script from running, should HTML ever get into it", async () => {
		pages.set("/held", { headers: HEADERS, body: `<title>T</title>${hostile("held")}` });
		const dom = await domOf(`${address}/held`);
		expect(dom).toContain("<title>T</title>");
		expect(hits.filter((hit) => hit.startsWith("/held-"))).toEqual([]);
		expect(hub.address).toMatch(/^http/);
	}, 90_000);
});
