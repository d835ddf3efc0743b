/** A real browser that a test drives as a person would, logged in at a hub by a link of its own. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { browserProgram } from "../support/browser.ts";
import { atEnd } from "../support/cleanup.ts";
import { makeFolder } from "../support/folder.ts";

let browser: Promise<Browser> | undefined;

atEnd(async () => {
	await (await browser)?.close();
});

function open(): Promise<Browser> {
	browser ??= chromium.launch({
		executablePath: browserProgram(),
		args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
		env: { ...process.env, HOME: makeFolder() },
	});
	return browser;
}

/** A hub, as far as a visitor needs it. */
export interface Visited {
	readonly address: string;
	/** A login link, made for this role. */
	link(role: "admin" | "viewer"): Promise<string>;
}

export interface Visitor {
	readonly page: Page;
	/** What a browser's console says is wrong: a page has nothing to say there. */
	readonly complaints: string[];
	/** Opens a view by its link in the page's own navigation. */
	open(view: string): Promise<void>;
	/** Opens what an address of the page names. */
	go(place: string): Promise<void>;
}

export interface VisitorOptions extends BrowserContextOptions {
	readonly role?: "admin" | "viewer";
}

export async function visitor(hub: Visited, { role = "admin", ...options }: VisitorOptions = {}): Promise<Visitor> {
	const context = await (await open()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
	const page = await context.newPage();
	const complaints: string[] = [];
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(error.message));
	page.setDefaultTimeout(20_000);
	await page.goto(await hub.link(role));
	await page.getByRole("button", { name: "Log in" }).click();
	await page.getByText("Live", { exact: true }).waitFor();
	return {
		page,
		complaints,
		async open(view) {
			await page.getByRole("navigation").getByRole("link", { name: view, exact: true }).click();
			await page.getByRole("heading", { level: 1, name: view, exact: true }).waitFor();
		},
		async go(place) {
			await page.goto(`${hub.address}/ui/#/${place}`);
		},
	};
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it is now, in a line each; none is none. */
export async function violations(page: Page): Promise<readonly string[]> {
	// Not by a script of the page: its policy runs none but its own. The driver's own world is not bound by it.
	await page.evaluate(AXE);
	// A report's frame runs no script, so nobody could look into it from there; its page has a test of its own.
	return await page.evaluate(async () => {
		const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Violation[] }> } };
		const { violations: found } = await axe.run({ iframes: false });
		return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
	});
}

interface Violation {
	readonly id: string;
	readonly nodes: readonly { readonly html: string }[];
}
