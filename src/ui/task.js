/** One task, whole: what it asks, who holds it, what proves it, and what was said of it. */
import { ask, mayAct, path } from "./api.js";
import { useGet } from "./data.js";
import { Nothing, Problem, State, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/task.ts").Task} TaskRow */

/** @param {{ id: string, back: string }} props */
export function Task({ id, back }) {
	const { data, problem, refresh } = useGet(path`board/tasks/${id}`, {}, { told: /^task_/ });
	const task = /** @type {TaskRow | undefined} */ (data);
	if (task === undefined)
		return html`<${Problem} of=${problem} /><${Nothing} known=${problem !== undefined}>It cannot be shown.</${Nothing}>`;
	/** @type {readonly (readonly [string, unknown])[]} */
	const facts = [
		["Status", html`<${State} of=${task.status} />`],
		["Priority", task.priority],
		["Kind", task.kind],
		["Held by", task.claim === undefined ? undefined : html`${task.claim.by} until <${Time} at=${task.claim.until} />`],
		["Meant for", task.assignee],
		["Tags", task.tags.join(", ")],
		["Waits for", task.waitsFor?.map((other) => html`<a href="#/board/${other}">${other}</a> `)],
		["Check", task.check === undefined ? undefined : html`<code>${task.check}</code>`],
		["Owns", task.territory?.join(", ")],
		["Made by", html`${task.createdBy}, <${Time} at=${task.createdAt} />`],
	];
	return html`<div class="tools"><h2 dir="auto" class="title">${task.title}</h2><a class="back" href="#/${back}">Back</a></div>
		<${Problem} of=${problem} />
		${task.description !== undefined && html`<p class="prose" dir="auto">${task.description}</p>`}
		<dl class="facts">${facts.filter(([, fact]) => fact !== undefined && fact !== "").map(([name, fact]) => html`<div key=${name}><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
		${task.checklist !== undefined && html`<h3>Checklist</h3><ul>${task.checklist.map((item, at) => html`<li key=${at}>${item.done ? "✓" : "○"} <span class="sr">${item.done ? "done:" : "not done:"}</span> <${Words}>${item.text}</${Words}></li>`)}</ul>`}
		${task.evidence !== undefined && html`<h3>Evidence</h3><ul>${task.evidence.map(({ command, passed, said, at }) => html`<li key=${at}><${State} of=${passed ? "done" : "failed"} label=${passed ? "passed" : "failed"} /> <code>${command}</code> <${Time} at=${at} /> <${Words}>${said}</${Words}></li>`)}</ul>`}
		${task.artifacts.length > 0 && html`<h3>Artifacts</h3><ul>${task.artifacts.map(({ type, label, url, addedAt }) => html`<li key=${addedAt + url}>${type}: <${Words}>${label}</${Words}> <${Words}>${url}</${Words}></li>`)}</ul>`}
		<h3>Notes</h3>${task.notes.length === 0 ? html`<p class="nothing">None.</p>` : html`<ul>${task.notes.map(({ id: note, type, author, content, createdAt }) => html`<li key=${note}><span class="line dim">${type} · ${author} <${Time} at=${createdAt} /></span><p class="prose" dir="auto">${content}</p></li>`)}</ul>`}
		${mayAct && html`<${Deeds} of=${task} refresh=${refresh} />`}`;
}

/** @param {{ of: TaskRow, refresh: () => void }} props */
function Deeds({ of: task, refresh }) {
	const { act, busy, outcome } = useDeed(refresh);
	const [note, setNote] = useState("");
	const bump = () => act(async () => `Its score is ${(await ask("POST", path`board/tasks/${task.id}/bump`)).score}.`);
	const add = (/** @type {Event} */ event) => {
		event.preventDefault();
		return act(async () => {
			await ask("POST", path`board/tasks/${task.id}/notes`, { content: note, type: "update" });
			setNote("");
			return "The note is on the task.";
		});
	};
	return html`<form class="orders" onSubmit=${add}><label>Note <textarea rows="2" required value=${note} onInput=${(/** @type {Event} */ { currentTarget }) => setNote(/** @type {HTMLTextAreaElement} */ (currentTarget).value)}></textarea></label>
		<div class="buttons"><button class="primary" disabled=${busy || note.trim() === ""}>Add note</button><button type="button" disabled=${busy} onClick=${bump}>Bump</button></div>${outcome}</form>`;
}
