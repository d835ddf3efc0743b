/** The work log: what was done, decided or found, with what git and the gates know of it. */
import { ask, mayAct } from "./api.js";
import { useGet } from "./data.js";
import { Nothing, Problem, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/log.ts").LogEntry} Entry */

const SPANS = ["24h", "7d", "30d", "365d"];

/** The newest first, as much as one answer holds. */
export function Log() {
	const [words, setWords] = useState("");
	const [last, setLast] = useState("24h");
	const [text, setText] = useState("");
	const isSearch = words.trim() !== "";
	const { data, problem, refresh } = useGet(
		isSearch ? "log/search" : "log",
		isSearch ? { words: words.trim(), limit: 200 } : { last, limit: 1_000 },
		{ told: /^log_/ },
	);
	const { act, busy, outcome } = useDeed(refresh);
	/** @type {readonly Entry[]} */
	const found = /** @type {any} */ (data)?.entries ?? [];
	const entries = isSearch ? found : [...found].reverse();
	const add = (/** @type {Event} */ event) => {
		event.preventDefault();
		return act(async () => {
			await ask("POST", "log", { text });
			setText("");
			return "It is in the log.";
		});
	};
	return html`<div class="tools"><label>Find <input type="search" value=${words} onInput=${(/** @type {Event} */ { currentTarget }) => setWords(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label>
			<label>Since <select value=${last} onChange=${(/** @type {Event} */ { currentTarget }) => setLast(/** @type {HTMLSelectElement} */ (currentTarget).value)}>${SPANS.map((span) => html`<option key=${span} value=${span}>${span}</option>`)}</select></label>
			${mayAct && html`<form class="inline" onSubmit=${add}><label>New entry <input required value=${text} onInput=${(/** @type {Event} */ { currentTarget }) => setText(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label><button disabled=${busy || text.trim() === ""}>Log it</button>${outcome}</form>`}</div>
		<${Problem} of=${problem} />
		${entries.length === 0 && html`<${Nothing} known=${data !== undefined}>Nothing was logged.</${Nothing}>`}
		<ol class="entries">${entries.map(
			({
				id,
				timestamp,
				agent,
				text: said,
				facts,
			}) => html`<li key=${id}><span class="line dim"><${Time} at=${timestamp} /><${Words}>${agent ?? ""}</${Words}>${facts?.mark !== undefined && html`<span class="tag">${facts.mark}</span>`}</span><p class="prose" dir="auto">${said}</p>
				${facts !== undefined && html`<p class="dim figures">${facts.files.length} files, ${facts.commits.length} commits${facts.effects.length > 0 ? `, ${facts.effects.join("; ")}` : ""}</p>`}</li>`,
		)}</ol>`;
}
