/** The journal: what it was like. */
import { ask, mayAct } from "./api.js";
import { useGet } from "./data.js";
import { Nothing, Problem, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/journal.ts").JournalEntry} Entry */

export function Journal() {
	const [words, setWords] = useState("");
	const [draft, setDraft] = useState({ text: "", mood: "" });
	const query = { ...(words.trim() === "" ? {} : { words: words.trim() }), last: "365d", limit: 1_000 };
	const { data, problem, refresh } = useGet("journal", query, { told: /^journal_/ });
	const { act, busy, outcome } = useDeed(refresh);
	/** @type {readonly Entry[]} */
	const entries = [.../** @type {any} */ (data?.entries ?? [])].reverse();
	const add = (/** @type {Event} */ event) => {
		event.preventDefault();
		return act(async () => {
			await ask("POST", "journal", { text: draft.text, ...(draft.mood.trim() === "" ? {} : { mood: draft.mood }) });
			setDraft({ text: "", mood: "" });
			return "It is in the journal.";
		});
	};
	const set =
		(/** @type {"text" | "mood"} */ name) =>
		(/** @type {Event} */ { currentTarget }) =>
			setDraft({ ...draft, [name]: /** @type {HTMLInputElement} */ (currentTarget).value });
	return html`<div class="tools"><label>Find <input type="search" value=${words} onInput=${(/** @type {Event} */ { currentTarget }) => setWords(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label>
			${mayAct && html`<form class="inline" onSubmit=${add}><label>New entry <input required value=${draft.text} onInput=${set("text")} /></label><label>Mood <input size="10" value=${draft.mood} onInput=${set("mood")} /></label><button disabled=${busy || draft.text.trim() === ""}>Write</button>${outcome}</form>`}</div>
		<${Problem} of=${problem} />
		${entries.length === 0 && html`<${Nothing} known=${data !== undefined}>The journal is empty.</${Nothing}>`}
		<ol class="entries">${entries.map(
			({ id, timestamp, author, mood, tags, text }) =>
				html`<li key=${id}><span class="line dim"><${Time} at=${timestamp} /><${Words}>${author ?? ""}</${Words}>${mood !== undefined && html`<span class="tag">${mood}</span>`}${(tags ?? []).map((tag) => html`<span class="tag" key=${tag}>#${tag}</span>`)}</span><p class="prose" dir="auto">${text}</p></li>`,
		)}</ol>`;
}
