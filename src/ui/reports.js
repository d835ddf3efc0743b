/** Reports: as they read, in a frame that runs nothing; and the links by which others read them. */
import { ask, mayAct, path } from "./api.js";
import { useGet, usePages } from "./data.js";
import { Nothing, Problem, Rows, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/reports.ts").ReportHead} Head */
/** @typedef {import("../contract/shares.ts").ShareLink} Share */

const TOLD = /^report_/;
const HEIGHT = 72;

/** @param {{ chosen: string }} props */
export function Reports({ chosen }) {
	const [words, setWords] = useState("");
	const query = words.trim() === "" ? {} : { words: words.trim() };
	const { rows, more, next, known, problem } = usePages("reports", query, "reports", { told: TOLD });
	const picked = /** @type {Head | undefined} */ (rows.find(({ id }) => id === chosen));
	return html`<div class=${chosen === "" ? "split" : "split open"}>
		<section class="list" aria-label="Reports"><div class="tools"><label>Find <input type="search" value=${words} onInput=${(/** @type {Event} */ { currentTarget }) => setWords(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label></div><${Problem} of=${problem} />
			${
				rows.length === 0
					? html`<${Nothing} known=${known}>There are no reports.</${Nothing}>`
					: html`<${Rows} label="Reports" items=${rows} height=${HEIGHT} onEnd=${more} total=${next === undefined ? rows.length : -1} keyOf=${(/** @type {Head} */ { id }) => id}
						row=${(/** @type {Head} */ { id, title, author, version, updatedAt }) => html`<a class="card" href="#/reports/${id}" aria-current=${id === chosen ? "true" : undefined}><span class="line"><${Words} as="strong">${title}</${Words}></span><span class="line dim"><${Words}>${author}</${Words}> version ${version} <${Time} at=${updatedAt} /></span></a>`} />`
			}</section>
		<section class="detail" aria-label="Report">${
			chosen === ""
				? html`<${Nothing} known=${known}>Choose a report to read it.</${Nothing}>`
				: html`<div class="tools"><h2 dir="auto" class="title">${picked?.title ?? "Report"}</h2><a class="back" href="#/reports">Back</a></div>
					<iframe key="${chosen} ${picked?.version}" class="report" sandbox="" title="The report" src=${path`report/${chosen}`}></iframe>
					${mayAct && html`<${Shares} key=${chosen} id=${chosen} />`}`
		}</section>
	</div>`;
}

const LASTS = ["24h", "7d", "30d"];

/** @param {{ id: string }} props */
function Shares({ id }) {
	const { data, problem, refresh } = useGet(path`reports/${id}/shares`, {}, { told: TOLD });
	const { act, busy, outcome } = useDeed(refresh);
	const [lasts, setLasts] = useState("7d");
	const [url, setUrl] = useState("");
	/** @type {readonly Share[]} */
	const links = /** @type {any} */ (data)?.links ?? [];
	const share = () =>
		act(async () => {
			const made = await ask("POST", path`reports/${id}/share`, { expiresAt: lasts });
			setUrl(made.url);
			return "The link is shown this once; copy it.";
		});
	const revoke = (/** @type {string} */ link) =>
		act(async () => {
			await ask("DELETE", path`reports/share/${link}`);
			return "The link leads nowhere now.";
		});
	return html`<h3>Share links</h3><${Problem} of=${problem} />
		<div class="buttons"><label>Good for <select value=${lasts} onChange=${(/** @type {Event} */ { currentTarget }) => setLasts(/** @type {HTMLSelectElement} */ (currentTarget).value)}>${LASTS.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>
			<button type="button" disabled=${busy} onClick=${share}>Make a link</button></div>${outcome}
		${url !== "" && html`<p><label>The link <input readonly value=${url} /></label></p>`}
		<ul>${links.map((link) => html`<li key=${link.linkId}><span class="line"><${Words}>${link.label ?? "link"}</${Words}><span class="dim">until ${link.expiresAt === null ? "it is revoked" : html`<${Time} at=${link.expiresAt} />`}</span>${link.revoked === 1 ? html`<span class="tag">revoked</span>` : html`<button type="button" disabled=${busy} onClick=${() => revoke(link.linkId)}>Revoke</button>`}</span></li>`)}</ul>`;
}
