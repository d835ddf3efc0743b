/** Incidents: what was away, for how long, and what it came to; ready to be handed on. */
import { ask, mayAct, path } from "./api.js";
import { useGet, usePages } from "./data.js";
import { Nothing, Plain, Problem, Rows, State, Time, useDeed, Words } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/incidents.ts").Incident} Incident */
/** @typedef {import("../contract/incidents.ts").IncidentFact} Fact */

const TOLD = /^incident_/;
const HEIGHT = 72;

/** @param {{ chosen: string }} props */
export function Incidents({ chosen }) {
	const { rows, more, next, known, problem } = usePages("incidents", {}, "incidents", { told: TOLD });
	return html`<div class=${chosen === "" ? "split" : "split open"}>
		<section class="list" aria-label="Incidents"><${Problem} of=${problem} />
			${
				rows.length === 0
					? html`<${Nothing} known=${known}>There was no incident.</${Nothing}>`
					: html`<${Rows} label="Incidents" items=${rows} height=${HEIGHT} onEnd=${more} total=${next === undefined ? rows.length : -1} keyOf=${(/** @type {Incident} */ { id }) => id}
						row=${(/** @type {Incident} */ { id, what, cause, host, from, to }) => html`<a class="card" href="#/incidents/${id}" aria-current=${id === chosen ? "true" : undefined}><span class="line"><${State} of=${to === undefined ? "stalled" : "over"} label=${to === undefined ? "open" : "over"} /><${Words} as="strong">${what}</${Words}></span><span class="line dim">${cause} <${Words}>${host}</${Words}><${Time} at=${from} /></span></a>`} />`
			}</section>
		<section class="detail" aria-label="Chosen incident">${chosen === "" ? html`<${Nothing} known=${known}>Choose an incident to read what happened.</${Nothing}>` : html`<${One} key=${chosen} id=${chosen} />`}</section>
	</div>`;
}

/** @param {{ id: string }} props */
function One({ id }) {
	const { data, problem, refresh } = useGet(path`incidents/${id}`, { limit: 1_000 }, { told: TOLD });
	const { act, busy, outcome } = useDeed(refresh);
	const [markdown, setMarkdown] = useState("");
	const incident = /** @type {(Incident & { timeline: readonly Fact[] }) | undefined} */ (data);
	if (incident === undefined)
		return html`<${Problem} of=${problem} /><${Nothing} known=${problem !== undefined}>It cannot be shown.</${Nothing}>`;
	const { what, from, to, cause, host, refusals, lowest, machines, lieutenants, fellBack, leaked, timeline, report } =
		incident;
	const write = (/** @type {boolean} */ publish) =>
		act(async () => {
			const made = await ask("POST", path`incidents/${id}/report`, publish ? { publish } : {});
			setMarkdown(made.markdown);
			return publish ? "It is among the reports." : "Written up below.";
		});
	const close = () => act(async () => `Over since ${(await ask("POST", path`incidents/${id}/close`)).to}.`);
	/** @type {readonly (readonly [string, unknown])[]} */
	const facts = [
		["From", html`<${Time} at=${from} />`],
		["To", to === undefined ? "it goes on" : html`<${Time} at=${to} />`],
		...[
			["Cause", cause],
			["Host", host],
			["Refused", refusals],
			["Fewest running", lowest],
			["Machines", machines],
		],
		...[
			["Lieutenants", lieutenants],
			["Made here", fellBack],
			["Not deleted", leaked],
		],
		["Report", report === undefined ? undefined : html`<a href="#/reports/${report}">${report}</a>`],
	].map(([name, fact]) => /** @type {const} */ ([String(name), fact]));
	return html`<div class="tools"><h2 dir="auto" class="title">${what}</h2><a class="back" href="#/incidents">Back</a></div><${Problem} of=${problem} />
		<dl class="facts">${facts.filter(([, fact]) => fact !== undefined).map(([name, fact]) => html`<div key=${name}><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>
		${
			mayAct &&
			html`<div class="buttons"><button type="button" disabled=${busy} onClick=${() => write(false)}>Write it up</button><button type="button" disabled=${busy} onClick=${() => write(true)}>Publish as a report</button>
				${to === undefined && html`<button type="button" disabled=${busy} onClick=${close}>All clear</button>`}</div>${outcome}`
		}
		${markdown !== "" && html`<${Plain} label="The incident, to be pasted" text=${markdown} />`}
		<h3>Timeline</h3><ol class="entries">${timeline.map((fact, at) => html`<li key=${at}><span class="line dim"><${Time} at=${fact.at} /><span class="tag">${fact.type}</span>${fact.times > 1 && html`<span>${fact.times} times</span>`}<${Words}>${fact.machine ?? fact.lieutenant ?? ""}</${Words}></span><p class="prose" dir="auto">${fact.what}</p>${fact.raw !== undefined && html`<${Plain} label="The other side's words" text=${fact.raw} />`}</li>`)}</ol>`;
}
