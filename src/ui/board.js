/** The board: a column for each status, each as long as it is, and the task that is chosen. */
import { ask, mayAct } from "./api.js";
import { useGet, usePages } from "./data.js";
import { Nothing, Problem, Rows, useDeed, Words } from "./parts.js";
import { Task } from "./task.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/task.ts").Task} TaskRow */

const COLUMNS = [
	{ status: "open", name: "Open" },
	{ status: "in_progress", name: "In progress" },
	{ status: "in_review", name: "In review" },
	{ status: "blocked", name: "Blocked" },
	{ status: "done", name: "Done" },
];
const TOLD = /^task_/;
const HEIGHT = 72;

/** @param {{ chosen: string }} props */
export function Board({ chosen }) {
	const [words, setWords] = useState("");
	return html`<div class=${chosen === "" ? "split" : "split open"}>
		<section class="list" aria-label="Tasks">
			<div class="tools"><label>Find <input type="search" value=${words} onInput=${(/** @type {Event} */ { currentTarget }) => setWords(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label>
				${mayAct && html`<${NewTask} />`}</div>
			${words.trim() === "" ? html`<div class="columns">${COLUMNS.map((column) => html`<${Column} key=${column.status} ...${column} chosen=${chosen} />`)}</div>` : html`<${Found} words=${words.trim()} chosen=${chosen} />`}
		</section>
		${chosen !== "" && html`<section class="detail" aria-label="Chosen task"><${Task} key=${chosen} id=${chosen} back="board" /></section>`}
	</div>`;
}

/** @param {{ status: string, name: string, chosen: string }} props */
function Column({ status, name, chosen }) {
	const { rows, next, more, known, problem } = usePages("board/tasks", { status }, "tasks", { told: TOLD });
	return html`<section class="column" aria-label=${name}><h2>${name} <span class="figure dim">${rows.length}${next === undefined ? "" : "+"}</span></h2>
		<${Problem} of=${problem} />
		${
			rows.length === 0
				? html`<${Nothing} known=${known}>None.</${Nothing}>`
				: html`<${Rows} label="${name} tasks" items=${rows} height=${HEIGHT} onEnd=${more} total=${next === undefined ? rows.length : -1}
					keyOf=${(/** @type {TaskRow} */ { id }) => id} row=${(/** @type {TaskRow} */ task) => html`<${Card} of=${task} chosen=${task.id === chosen} />`} />`
		}</section>`;
}

/** @param {{ words: string, chosen: string }} props */
function Found({ words, chosen }) {
	const { data, problem } = useGet("board/search", { words, limit: 100 }, { told: TOLD });
	/** @type {readonly TaskRow[]} */
	const tasks = /** @type {any} */ (data)?.tasks ?? [];
	return html`<${Problem} of=${problem} />${
		tasks.length === 0
			? html`<${Nothing} known=${data !== undefined}>No task has these words.</${Nothing}>`
			: html`<${Rows} label="Tasks found" items=${tasks} height=${HEIGHT} keyOf=${(/** @type {TaskRow} */ { id }) => id} row=${(/** @type {TaskRow} */ task) => html`<${Card} of=${task} chosen=${task.id === chosen} />`} />`
	}`;
}

/** @param {{ of: TaskRow, chosen: boolean }} props */
function Card({ of: task, chosen }) {
	const { priority = "normal", score, claim, assignee, waitsFor } = task;
	return html`<a class="card" href="#/board/${task.id}" aria-current=${chosen ? "true" : undefined}><span class="line"><${Words} as="strong">${task.title}</${Words}></span>
		<span class="line dim">${priority !== "normal" && html`<span class="tag">${priority}</span>`}${score > 0 && html`<span class="figure">+${score}</span>`}
		<${Words}>${claim?.by ?? assignee ?? ""}</${Words}>${waitsFor !== undefined && html`<span>waits for ${waitsFor.length}</span>`}</span></a>`;
}

function NewTask() {
	const [title, setTitle] = useState("");
	const { act, busy, outcome } = useDeed();
	const create = (/** @type {Event} */ event) => {
		event.preventDefault();
		return act(async () => {
			await ask("POST", "board/tasks", { title });
			setTitle("");
			return "It is on the board.";
		});
	};
	return html`<form class="inline" onSubmit=${create}><label>New task <input required maxlength="2000" value=${title} onInput=${(/** @type {Event} */ { currentTarget }) => setTitle(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label>
		<button disabled=${busy || title.trim() === ""}>Add</button>${outcome}</form>`;
}
