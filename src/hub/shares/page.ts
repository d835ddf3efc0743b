/** What a person without a token sees: the report, or that the link leads nowhere. No script, nothing from elsewhere. */
import { hash } from "node:crypto";
import type { Report } from "../../contract/reports.ts";
import { escaped, rendered } from "./markdown.ts";

const STYLE = `:root{color-scheme:light dark;font:16px/1.6 system-ui,sans-serif}
body{max-width:46rem;margin:3rem auto;padding:0 1.25rem;overflow-wrap:break-word}
header{border-bottom:1px solid #8886;margin-bottom:2rem;padding-bottom:1rem}
h1,h2,h3{line-height:1.25}header h1{margin:0 0 .25rem}header p{margin:0;opacity:.7;font-variant-numeric:tabular-nums}
pre{overflow-x:auto;padding:1rem;background:#8882;border-radius:.4rem;white-space:pre-wrap}
code{font:.9em ui-monospace,monospace}table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border:1px solid #8886;padding:.3rem .6rem;text-align:left}blockquote{margin:0;padding-left:1rem;border-left:3px solid #8886}
.image{opacity:.7}`;

/** Nothing but this page's own style; what else its policy allows is said. */
export const pageHeaders = (forms: "none" | "self", ...more: readonly string[]): Readonly<Record<string, string>> => ({
	"content-type": "text/html; charset=utf-8",
	"content-security-policy": [
		"default-src 'none'",
		`style-src 'sha256-${hash("sha256", STYLE, "base64")}'`,
		"base-uri 'none'",
		`form-action '${forms}'`,
		"frame-ancestors 'none'",
		...more,
	].join("; "),
	"x-content-type-options": "nosniff",
	"x-frame-options": "DENY",
	"referrer-policy": "no-referrer",
	"cross-origin-opener-policy": "same-origin",
	"cross-origin-resource-policy": "same-origin",
	"x-robots-tag": "noindex, nofollow",
	// A revoked link must not go on in somebody's cache.
	"cache-control": "private, no-store",
});

/** `sandbox` forbids scripts once more. */
export const HEADERS = pageHeaders("none", "sandbox allow-popups");

export const page = (head: string, body: string): string =>
	`<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
	`<meta name="viewport" content="width=device-width,initial-scale=1">${head}<style>${STYLE}</style></head>\n` +
	`<body>${body}</body></html>\n`;

const metas = (values: Readonly<Record<string, string>>): string =>
	Object.entries(values)
		.map(([name, value]) => {
			const kind = name.startsWith("og:") ? "property" : "name";
			return `<meta ${kind}="${name}" content="${escaped(value)}">`;
		})
		.join("");

const day = (timestamp: string): string => timestamp.slice(0, 10);
const byline = ({ author, updatedAt, version }: Report): string =>
	`${author} · ${day(updatedAt)}${version > 1 ? ` · version ${version}` : ""}`;

/** `image`: address of its card. */
export async function reportPage(report: Report, image: string): Promise<string> {
	const { title } = report;
	const about = metas({
		...{ "og:type": "article", "og:title": title, "og:description": byline(report), "og:image": image },
		...{ "twitter:card": "summary_large_image", "twitter:title": title, "twitter:image": image },
	});
	return page(
		`<title>${escaped(title)}</title>${about}`,
		`<main id="report-viewer"><header><h1>${escaped(title)}</h1><p>${escaped(byline(report))}</p></header>\n` +
			`<article>${await rendered(report.content)}</article></main>`,
	);
}

/** One text for a link that never was, is expired or is revoked: who guesses learns nothing. */
export const NO_LINK = page(
	"<title>No such link</title>",
	`<main id="report-viewer"><h1>No such link</h1><p>This link is invalid, expired, or has been revoked.</p></main>`,
);

export const NO_REPORT = page(
	"<title>Report deleted</title>",
	`<main id="report-viewer"><h1>Report deleted</h1><p>The report that this link led to is no longer there.</p></main>`,
);

const LINE = 34;

/** The card that chats show for a link: 1200 × 630. */
export function card(report: Report): string {
	const lines: string[] = [];
	for (const word of report.title.split(/\s+/)) {
		const longer = `${lines.at(-1) ?? ""} ${word}`;
		if (lines.length > 0 && longer.length <= LINE) lines[lines.length - 1] = longer;
		else lines.push(word.slice(0, LINE));
	}
	const title = lines
		.slice(0, 4)
		.map((line, i) => `<text x="80" y="${200 + i * 76}" font-size="60" font-weight="600">${escaped(line)}</text>`)
		.join("");
	return (
		`<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630" viewBox="0 0 1200 630">` +
		`<rect width="1200" height="630" fill="#10151c"/><g fill="#e8edf2" font-family="system-ui,sans-serif">${title}` +
		`<text x="80" y="550" font-size="32" opacity=".7">${escaped(byline(report))}</text></g></svg>\n`
	);
}
