/** What the fleet uses: cost and tokens over time, by agent and by model, and how much of the fleet the figures cover. */
import { Chart } from "./chart.js";
import { useGet } from "./data.js";
import { Nothing, Problem, Words } from "./parts.js";
import { html, useState } from "./view.js";
import { brief, count, counted, money } from "./words.js";

/** @typedef {import("../contract/totals.ts").UsageTotal} Total */
/** @typedef {import("../contract/totals.ts").UsageAmount} Amount */
/** @typedef {import("../contract/coverage.ts").Coverage} Coverage */
/** One of both, or none: all. @typedef {{ agent?: string, model?: string }} Only */
/** @typedef {{ totals: Amount, rows: readonly Total[], coverage: Coverage, more: number }} Answer */

const TOLD = /^usage_/;
const RANGES = ["7d", "30d", "90d", "365d"];

export function Usage() {
	const [range, setRange] = useState("30d");
	const [only, setOnly] = useState(/** @type {Only} */ ({}));
	const days = useGet("usage/totals", { by: "day", range, limit: 400, ...only }, { told: TOLD });
	const whose = only.agent ?? only.model ?? "";
	const of = whose === "" ? "" : ` of ${whose}`;
	const answer = /** @type {Answer | undefined} */ (days.data);
	return html`<div class="tools"><label>Time <select value=${range} onChange=${(/** @type {Event} */ { currentTarget }) => setRange(/** @type {HTMLSelectElement} */ (currentTarget).value)}>${RANGES.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>
			${answer !== undefined && html`<p class="figures">${money(answer.totals.cost)}, ${count(answer.totals.tokens)} tokens, ${counted(answer.totals.sessions, "session")}</p>`}</div>
		<${Problem} of=${days.problem} />
		${answer !== undefined && html`<${Covered} of=${answer.coverage} estimated=${answer.totals.estimated} />`}
		${
			(answer?.rows.length ?? 0) === 0
				? html`<${Nothing} known=${answer !== undefined}>Nothing was used in this time.</${Nothing}>`
				: html`<${Chart} label="Cost by day${of}" rows=${answer?.rows ?? []} of="cost" show=${money} /><${Chart} label="Tokens by day${of}" rows=${answer?.rows ?? []} of="tokens" show=${brief} />`
		}
		<div class="columns two"><${By} by="agent" name="Agents" range=${range} only=${only} choose=${setOnly} /><${By} by="model" name="Models" range=${range} only=${only} choose=${setOnly} /></div>`;
}

/** @param {{ of: Coverage, estimated: Amount["estimated"] }} props */
const Covered = ({
	of: { seen, known, unreported, tokens },
	estimated,
}) => html`<p class="dim figures">${seen} of ${counted(known, "session")} seen.
	${tokens > 0 && ` Not counted: ${unreported.join(", ")}; the real number is higher, by at least ${count(tokens)} tokens.`}
	${estimated.requests > 0 && ` Besides, estimated: ${counted(estimated.requests, "answer")} cut off, about ${count(estimated.tokens)} tokens, ${money(estimated.cost)}.`}</p>`;

/** A row chosen is a row drawn; chosen again, all are. @param {{ by: "agent" | "model", name: string, range: string, only: Only, choose: (only: Only) => void }} props */
function By({ by, name, range, only, choose }) {
	const { data, problem } = useGet("usage/totals", { by, range, limit: 50 }, { told: TOLD });
	const answer = /** @type {Answer | undefined} */ (data);
	const most = Math.max(...(answer?.rows ?? []).map(({ cost }) => cost), 0.000_001);
	return html`<section aria-label=${name}><h2>${name}</h2><${Problem} of=${problem} />
		<div class="scroll" tabIndex="0" role="region" aria-label="Usage of ${name.toLowerCase()}"><table><thead><tr><th>${name.slice(0, -1)}</th><th>Cost</th><th>Share</th><th>Tokens</th></tr></thead><tbody>${(
			answer?.rows ?? []
		).map(
			({ key = "none", cost, tokens }) =>
				html`<tr key=${key}><td><button type="button" class="plain" aria-pressed=${only[by] === key} onClick=${() => choose(only[by] === key ? {} : { [by]: key })}><${Words}>${key}</${Words}></button></td><td class="figure">${money(cost)}</td><td><meter min="0" max=${most} value=${cost} aria-label="${key}: ${money(cost)}"></meter></td><td class="figure">${brief(tokens)}</td></tr>`,
		)}</tbody></table></div>${(answer?.more ?? 0) > 0 && html`<p class="dim">${answer?.more} more.</p>`}</section>`;
}
