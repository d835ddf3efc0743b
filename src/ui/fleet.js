/** The fleet: every lieutenant in a row, and the one that is chosen beside them. */
import { ask, mayAct, path } from "./api.js";
import { useGet } from "./data.js";
import { Lieutenant } from "./lieutenant.js";
import { Limits } from "./limits.js";
import { Confirm, Nothing, Problem, Rows, State, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";
import { counted, money } from "./words.js";

/** @typedef {import("../contract/lieutenants.ts").Lieutenant} Row */

/** Milliseconds: what runs now and what it costs are in no event. */
const EVERY = 2_000;
const HEIGHT = 88;

/** Nothing of it runs. */
const STILL = new Set(["paused", "stopped", "failed", "gone"]);

/** @param {{ chosen: string }} props */
export function Fleet({ chosen }) {
	const { data, problem, refresh } = useGet("lieutenants", {}, { told: /^lieutenant_|^person_/, every: EVERY });
	const [asking, setAsking] = useState(false);
	const { act, busy, outcome } = useDeed(refresh);
	/** @type {readonly Row[]} */
	const all = /** @type {any} */ (data)?.lieutenants ?? [];
	const running = all.filter(({ state }) => !STILL.has(state));
	const picked = all.find(({ id }) => id === chosen);
	const cost = all.reduce((sum, { costUsd }) => sum + costUsd, 0);

	const stopAll = () => {
		setAsking(false);
		return act(async () => {
			const ends = await Promise.allSettled(running.map(({ id }) => ask("POST", path`lieutenants/${id}/pause`)));
			const missed = running.filter((_one, at) => ends[at]?.status === "rejected").map(({ name }) => name);
			if (missed.length > 0)
				throw new Error(`Not stopped: ${missed.join(", ")}. Try again, or stop them on their machine.`);
			return `${counted(running.length, "lieutenant")} stopped; their sessions are kept.`;
		});
	};

	return html`<div class=${picked === undefined ? "split" : "split open"}>
		<section class="list" aria-label="Lieutenants">
			<div class="tools"><p class="figures">${counted(all.length, "lieutenant")}, ${running.length} running, ${money(cost)}</p>
				${mayAct && html`<button type="button" class="danger" disabled=${busy || running.length === 0} onClick=${() => setAsking(true)}>Stop all …</button>`}</div>
			${outcome}<${Problem} of=${problem} />
			${
				all.length === 0
					? html`<${Nothing} known=${data !== undefined}>There are no lieutenants. Ask your orchestrator for one: “start a lieutenant that …”.</${Nothing}>`
					: html`<${Rows} label="Lieutenants" items=${all} height=${HEIGHT} keyOf=${(/** @type {Row} */ { id }) => id}
							row=${(/** @type {Row} */ one) => html`<${Card} of=${one} chosen=${one.id === chosen} />`} />`
			}
		</section>
		<section class="detail" aria-label="Chosen lieutenant">
			${
				picked === undefined
					? html`<${Nothing} known=${data !== undefined}>Choose a lieutenant to see what it does, and to steer it.</${Nothing}>`
					: html`<${Lieutenant} key=${picked.id} of=${picked} refresh=${refresh} />`
			}
		</section>
		${
			asking &&
			html`<${Confirm} title="Stop ${counted(running.length, "lieutenant")}?" yes="Stop all" danger onYes=${stopAll} onNo=${() => setAsking(false)}>
				<p>What runs now is cut off. Sessions, branches and files are kept; each can be resumed.</p></${Confirm}>`
		}
	</div>`;
}

/** @param {{ of: Row, chosen: boolean }} props */
function Card({ of: one, chosen }) {
	const doing = one.tool ?? one.reason ?? one.output ?? "";
	return html`<a class="card" href="#/fleet/${one.id}" aria-current=${chosen ? "true" : undefined}>
		<span class="line"><strong class="words">${one.name}</strong><${State} of=${one.state} /><span class="dim">${one.place}</span><span class="figure">${money(one.costUsd)}</span></span>
		<span class="line dim"><${Words}>${doing}</${Words}>${one.toolSince !== undefined && html`<${Time} at=${one.toolSince} />`}</span>
		<span class="line"><${Limits} due=${one.due} />${one.pending > 0 && html`<span class="dim">${one.pending} pending</span>`}</span>
	</a>`;
}
