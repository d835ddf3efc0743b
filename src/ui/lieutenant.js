/** One lieutenant: its facts, what it is told and whether that has landed, what it says now, and what was said before. */
import { ask, mayAct, path } from "./api.js";
import { useGet } from "./data.js";
import { Limits, limitsOf } from "./limits.js";
import { Confirm, Nothing, Plain, Problem, State, Time, useDeed, Words } from "./parts.js";
import { Transcript } from "./transcript.js";
import { html, useState } from "./view.js";
import { brief, count, money } from "./words.js";

/** @typedef {import("../contract/lieutenants.ts").Lieutenant} Row */
/** @typedef {import("../contract/lieutenants.ts").Message} Message */

const EVERY = 2_000;
const STARTS = new Set(["paused", "stopped", "failed"]);

/** @param {{ of: Row, refresh: () => void }} props */
export function Lieutenant({ of: one, refresh }) {
	const { deliverable } = limitsOf(one.due);
	/** @type {readonly (readonly [string, unknown])[]} */
	const facts = [
		["State", html`<${State} of=${one.state} /> since <${Time} at=${one.changedAt} />`],
		["Why", one.reason],
		["Role", html`<${Words}>${one.role}</${Words}>`],
		["Task", one.task === undefined ? undefined : html`<a href="#/board/${one.task}">${one.task}</a>`],
		["Owes", deliverable || undefined],
		["Limits", one.due === undefined ? undefined : html`<${Limits} due=${one.due} />`],
		["Runs", one.tool === undefined ? undefined : html`<${Words}>${one.tool}</${Words}>`],
		["Place", `${one.place} (host ${one.host})`],
		["Folder", html`<${Words}>${one.cwd}</${Words}>`],
		["Branch", one.branch],
		["Model", one.model],
		["Owner", one.owner],
		["Used", `${count(one.turns)} turns, ${brief(one.tokens)} tokens, ${money(one.costUsd)}`],
	];
	return html`<div class="tools"><h2 class="words">${one.name}</h2><a class="back" href="#/fleet">All lieutenants</a></div>
		<dl class="facts">${facts.filter(([, fact]) => fact !== undefined && fact !== "").map(([name, fact]) => html`<div key=${name}><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
		${mayAct && html`<${Orders} of=${one} refresh=${refresh} />`}
		<${Messages} of=${one} />
		<${Said} of=${one} />
		${mayAct && html`<${Transcript} key=${one.id} of=${one.id} />`}`;
}

/** @param {{ of: Row, refresh: () => void }} props */
function Orders({ of: { id, name, state }, refresh }) {
	const { act, busy, outcome } = useDeed(refresh);
	const [text, setText] = useState("");
	const [mode, setMode] = useState("steer");
	const [asking, setAsking] = useState(false);
	const send = (/** @type {Event} */ event) => {
		event.preventDefault();
		const hard = mode === "hard";
		return act(async () => {
			const input = { message: text, mode: hard ? "steer" : mode, ...(hard ? { hard } : {}) };
			const { message, note } = await ask("POST", path`lieutenants/${id}/messages`, input);
			setText("");
			return `The message is ${message.receipt}.${note === undefined ? "" : ` ${note}`}`;
		});
	};
	const toggle = STARTS.has(state) ? "resume" : "pause";
	const turn = () => act(async () => `${name} is ${(await ask("POST", path`lieutenants/${id}/${toggle}`)).state}.`);
	const end = () => {
		setAsking(false);
		return act(async () => {
			const { destroyed, failed } = await ask("DELETE", path`lieutenants/${id}`);
			if (failed.length > 0) throw new Error(failed[0].error);
			return [`${name} is ended.`, ...destroyed.flatMap((/** @type {{ kept: string[] }} */ { kept }) => kept)].join(
				" Kept: ",
			);
		});
	};
	return html`<form class="orders" onSubmit=${send}>
		<label>What to tell ${name}<textarea rows="3" required value=${text} onInput=${(/** @type {InputEvent} */ { currentTarget }) => setText(/** @type {HTMLTextAreaElement} */ (currentTarget).value)}></textarea></label>
		<div class="buttons"><label>How <select value=${mode} onChange=${(/** @type {Event} */ { currentTarget }) => setMode(/** @type {HTMLSelectElement} */ (currentTarget).value)}>
			<option value="steer">steer: change course now</option><option value="hard">steer hard: cut off what runs</option>
			<option value="prompt">prompt: new work</option><option value="followUp">follow up: when it is done</option></select></label>
			<button class="primary" disabled=${busy || text.trim() === ""}>Send</button>
			<button type="button" disabled=${busy} onClick=${turn}>${toggle === "resume" ? "Resume" : "Stop"}</button>
			<button type="button" class="danger" disabled=${busy} onClick=${() => setAsking(true)}>End …</button></div>
		${outcome}
		${
			asking &&
			html`<${Confirm} title="End ${name}?" yes="End it" danger onYes=${end} onNo=${() => setAsking(false)}>
				<p>It does not come back. Uncommitted and unmerged work and its transcript are kept.</p></${Confirm}>`
		}
	</form>`;
}

/** @param {{ of: Row }} props */
function Messages({ of: { id, pending } }) {
	const { data, problem } = useGet(
		path`lieutenants/${id}/messages`,
		{ limit: 20 },
		{ told: /^message_|^lieutenant_|^person_/, every: EVERY },
	);
	/** @type {readonly Message[]} */
	const all = /** @type {any} */ (data)?.messages ?? [];
	return html`<h3>Messages ${pending > 0 && html`<span class="dim">${pending} pending</span>`}</h3><${Problem} of=${problem} />
		<ol class="messages">${all.map(
			({ id: message, receipt, because, mode, text, createdAt }) =>
				html`<li key=${message}><span class="line"><${State} of=${receipt} /><span class="dim">${mode}</span><${Time} at=${createdAt} /></span><${Words}>${text.slice(0, 400)}</${Words}>${because !== undefined && html`<span class="dim">${because}</span>`}</li>`,
		)}</ol>`;
}

/** @param {{ of: Row }} props */
function Said({ of: { id, name } }) {
	const { data, problem } = useGet(
		path`lieutenants/${id}/output`,
		{ tail: 4_000 },
		{ told: /^lieutenant_/, every: EVERY },
	);
	/** @type {readonly string[]} */
	const outputs = /** @type {any} */ (data)?.outputs ?? [];
	return html`<h3>Says now</h3><${Problem} of=${problem} />
		${outputs.length === 0 ? html`<${Nothing} known=${data !== undefined}>Nothing yet.</${Nothing}>` : html`<${Plain} label="What ${name} says" text=${outputs.join("\n")} />`}`;
}
