/**
 * Reports as HTML. Their text is anyone's: HTML in it is shown as text, only links to the web and to mail addresses are
 * links, and no image is loaded, because its server would learn who reads.
 */
import type { MarkdownIt } from "markdown-it";

/** Longer texts are shown as they are: a page that anyone may ask for must not keep the hub busy. */
const RENDERED_MAX = 200_000;
/** Levels of quotes and lists; deeper ones cost more than their length. */
const NESTING_MAX = 30;
const LINK = /^(?:https?:\/\/|mailto:)/i;

const ESCAPES: Readonly<Record<string, string>> = {
	...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};

/** Text within an element or a quoted attribute. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? "");

let parser: Promise<MarkdownIt> | undefined;

/** Loaded with the first page: most hubs never show one. */
async function loaded(): Promise<MarkdownIt> {
	const { default: Parser } = await import("markdown-it");
	const markdown = new Parser("default", { html: false, linkify: false, typographer: false, maxNesting: NESTING_MAX });
	markdown.validateLink = (url) => LINK.test(url.trim());
	markdown.renderer.rules.image = (tokens, index) => {
		const { content = "", attrs } = tokens[index] ?? {};
		const source = attrs?.find(([name]) => name === "src")?.[1] ?? "";
		return `<span class="image">[image: ${escaped(content)} ${escaped(String(source))}]</span>`;
	};
	markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
		tokens[index]?.attrSet("rel", "noopener noreferrer nofollow");
		return self.renderToken(tokens, index, options);
	};
	// A column's side comes as a style, which the page's policy refuses: the figures would stand on the wrong one.
	for (const cell of ["th_open", "td_open"])
		markdown.renderer.rules[cell] = (tokens, index, options, _env, self) => {
			const token = tokens[index];
			const side = /^text-align:(left|center|right)$/.exec(String(token?.attrGet("style") ?? ""))?.[1];
			if (token !== undefined) token.attrs = side === undefined ? null : [["align", side]];
			return self.renderToken(tokens, index, options);
		};
	return markdown;
}

export async function rendered(text: string): Promise<string> {
	if (text.length > RENDERED_MAX) return `<pre>${escaped(text)}</pre>`;
	parser ??= loaded();
	return (await parser).render(text);
}
