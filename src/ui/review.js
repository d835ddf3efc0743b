/** What waits for a verdict: its rounds, what was found before, what changed since, and the verdict itself. */
import { ask, mayAct, path } from "./api.js";
import { useGet } from "./data.js";
import { Difference, Nothing, Problem, Rows, State, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/task.ts").Task} TaskRow */
/** @typedef {import("../contract/rounds.ts").Round} Round */
/** @typedef {import("../contract/rounds.ts").Difference} Change */

const TOLD = /^task_/;
const HEIGHT = 72;

/** @param {{ chosen: string }} props */
export function Review({ chosen }) {
	const { data, problem } = useGet("board/review", {}, { told: TOLD });
	/** @type {readonly TaskRow[]} */
	const tasks = /** @type {any} */ (data)?.tasks ?? [];
	return html`<div class=${chosen === "" ? "split" : "split open"}>
		<section class="list" aria-label="Waiting for review"><${Problem} of=${problem} />
			${
				tasks.length === 0
					? html`<${Nothing} known=${data !== undefined}>Nothing waits for review.</${Nothing}>`
					: html`<${Rows} label="Tasks in review" items=${tasks} height=${HEIGHT} keyOf=${(/** @type {TaskRow} */ { id }) => id}
						row=${(
							/** @type {TaskRow} */ task,
						) => html`<a class="card" href="#/review/${task.id}" aria-current=${task.id === chosen ? "true" : undefined}>
							<span class="line"><${Words} as="strong">${task.title}</${Words}></span><span class="line dim">round ${task.round ?? 1} · <${Words}>${task.assignee ?? task.createdBy}</${Words}> <${Time} at=${task.updatedAt} /></span></a>`} />`
			}</section>
		<section class="detail" aria-label="Review">${chosen === "" ? html`<${Nothing} known=${data !== undefined}>Choose a task to judge it.</${Nothing}>` : html`<${Rounds} key=${chosen} id=${chosen} />`}</section>
	</div>`;
}

/** @param {{ id: string }} props */
function Rounds({ id }) {
	const task = /** @type {TaskRow | undefined} */ (useGet(path`board/tasks/${id}`, {}, { told: TOLD }).data);
	const { data, problem, refresh } = useGet(path`board/tasks/${id}/rounds`, {}, { told: TOLD });
	/** @type {readonly Round[]} */
	const rounds = /** @type {any} */ (data)?.rounds ?? [];
	const last = rounds.at(-1);
	return html`<div class="tools"><h2 dir="auto" class="title">${task?.title ?? id}</h2><a class="back" href="#/review">Back</a></div>
		<p><a href="#/board/${id}">The task</a>${task !== undefined && html` <${State} of=${task.status} />`}</p><${Problem} of=${problem} />
		${[...rounds].reverse().map((round) => html`<${RoundView} key=${round.round} of=${round} />`)}
		${last !== undefined && html`<${Changes} id=${id} round=${last.round} />`}
		${mayAct && task?.status === "in_review" && last !== undefined && html`<${Verdict} id=${id} round=${last.round} refresh=${refresh} />`}`;
}

/** @param {{ of: Round }} props */
const RoundView = ({
	of: { round, submittedBy, submittedAt, summary, artifacts, verdict, by, comment, findings, told },
}) => html`<article class="round"><h3>Round ${round}</h3>
	<p class="dim">Handed in by ${submittedBy}, <${Time} at=${submittedAt} /></p><p class="prose" dir="auto">${summary}</p>
	${artifacts.length > 0 && html`<ul>${artifacts.map(({ type, label, url, version }) => html`<li key=${url + version}>${type} <${Words}>${label}</${Words}> (version ${version}): <${Words}>${url}</${Words}></li>`)}</ul>`}
	<p>${verdict === undefined ? "No verdict yet." : html`<${State} of=${verdict === "approve" ? "done" : "stalled"} label=${verdict === "approve" ? "approved" : "needs changes"} /> by ${by}`}${comment !== undefined && html`: <${Words}>${comment}</${Words}>`}</p>
	${findings.length > 0 && html`<ul class="findings">${findings.map(({ file, line, severity, claim, evidence }, at) => html`<li key=${at}><span class="tag">${severity}</span> ${file !== undefined && html`<code>${file}${line === undefined ? "" : `:${line}`}</code>`} <${Words}>${claim}</${Words}><p class="dim prose" dir="auto">${evidence}</p></li>`)}</ul>`}
	${told !== undefined && html`<p class="dim">Message to ${told.to}: ${told.state}${told.because === undefined ? "" : ` (${told.because})`}</p>`}</article>`;

/** @param {{ id: string, round: number }} props */
function Changes({ id, round }) {
	const { data, problem } = useGet(path`board/tasks/${id}/diff`, { round });
	/** @type {readonly Change[]} */
	const all = /** @type {any} */ (data)?.differences ?? [];
	return html`<h3>Changes</h3><${Problem} of=${problem} />
		${all.length === 0 && html`<${Nothing} known=${data !== undefined || problem !== undefined}>There is nothing to compare with.</${Nothing}>`}
		${all.map(({ label, from, to, diff, cut }) => html`<h4 key=${label}><${Words}>${label}</${Words}> <span class="dim">${from} → ${to}${cut ? ", not whole" : ""}</span></h4><${Difference} label="Changes of ${label}" text=${diff === "" ? "No change." : diff} />`)}`;
}

const SEVERITIES = ["blocker", "major", "minor", "nit"];

/** @param {{ id: string, round: number, refresh: () => void }} props */
function Verdict({ id, round, refresh }) {
	const { act, busy, outcome } = useDeed(refresh);
	const [comment, setComment] = useState("");
	const [finding, setFinding] = useState({ severity: "major", file: "", claim: "", evidence: "" });
	const [findings, setFindings] = useState(/** @type {readonly (typeof finding)[]} */ ([]));
	const judge = (/** @type {string} */ verdict) =>
		act(async () => {
			const found = findings.map(({ file, ...others }) => ({ ...others, ...(file === "" ? {} : { file }) }));
			const input = {
				verdict,
				round,
				...(comment.trim() === "" ? {} : { comment }),
				...(found.length === 0 ? {} : { findings: found }),
			};
			const { task } = await ask("POST", path`board/tasks/${id}/verdict`, input);
			return `The task is ${task.status.replace("_", " ")}.`;
		});
	const set =
		(/** @type {keyof typeof finding} */ name) =>
		(/** @type {Event} */ { currentTarget }) =>
			setFinding({ ...finding, [name]: /** @type {HTMLInputElement} */ (currentTarget).value });
	const add = () => {
		setFindings([...findings, finding]);
		setFinding({ ...finding, claim: "", evidence: "" });
	};
	const whole = finding.claim.trim() !== "" && finding.evidence.trim() !== "";
	return html`<section class="orders" aria-label="Verdict"><h3>Your verdict on round ${round}</h3>
		${findings.length > 0 && html`<ul>${findings.map(({ severity, file, claim }, at) => html`<li key=${at}><span class="tag">${severity}</span> ${file} <${Words}>${claim}</${Words}></li>`)}</ul>`}
		<fieldset><legend>A finding</legend>
			<label>Severity <select value=${finding.severity} onChange=${set("severity")}>${SEVERITIES.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>
			<label>File <input value=${finding.file} onInput=${set("file")} /></label>
			<label>What is wrong <input value=${finding.claim} onInput=${set("claim")} /></label>
			<label>What shows it <input value=${finding.evidence} onInput=${set("evidence")} /></label>
			<button type="button" disabled=${!whole} onClick=${add}>Add finding</button></fieldset>
		<label>Comment <textarea rows="2" value=${comment} onInput=${(/** @type {Event} */ { currentTarget }) => setComment(/** @type {HTMLTextAreaElement} */ (currentTarget).value)}></textarea></label>
		<div class="buttons"><button type="button" class="primary" disabled=${busy} onClick=${() => judge("approve")}>Approve</button>
		<button type="button" disabled=${busy || (findings.length === 0 && comment.trim() === "")} onClick=${() => judge("needs_changes")}>Needs changes</button></div>${outcome}</section>`;
}
