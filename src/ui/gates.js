/** The gates: what they refused or warned of, how often each fired, and why. */
import { useGet } from "./data.js";
import { Nothing, Problem, Time, Words } from "./parts.js";
import { html } from "./view.js";
import { count } from "./words.js";

/** @typedef {import("../contract/feed.ts").FeedEvent} FeedEvent */

/** What of the newest events was a gate's: gates tell the feed in events of this type. */
const ASKED = { type: "custom", limit: 1_000 };

/** @param {FeedEvent} event */
const gateOf = ({ metadata }) => {
	const gate = Object(metadata).gate;
	return typeof gate === "string" ? gate : undefined;
};

export function Gates() {
	const { data, problem } = useGet("feed/events", ASKED, { told: /^custom$/ });
	const fired = /** @type {readonly FeedEvent[]} */ (data ?? [])
		.filter((event) => gateOf(event) !== undefined)
		.reverse();
	/** @type {Map<string, { times: number, last: FeedEvent }>} */
	const gates = new Map();
	for (const event of fired) {
		const gate = gateOf(event) ?? "";
		gates.set(gate, { times: (gates.get(gate)?.times ?? 0) + 1, last: gates.get(gate)?.last ?? event });
	}
	return html`<${Problem} of=${problem} />
		${fired.length === 0 && html`<${Nothing} known=${data !== undefined}>No gate has fired lately. <code>/gates</code> in a session shows which are on there.</${Nothing}>`}
		${
			gates.size > 0 &&
			html`<div class="scroll" tabIndex="0" role="region" aria-label="Gates that fired"><table><thead><tr><th>Gate</th><th>Fired</th><th>Last</th><th>On</th></tr></thead><tbody>${[
				...gates,
			].map(
				([gate, { times, last }]) =>
					html`<tr key=${gate}><td>${gate}</td><td class="figure">${count(times)}</td><td><${Time} at=${last.timestamp} /></td><td><${Words}>${last.agent}</${Words}></td></tr>`,
			)}</tbody></table></div>`
		}
		<ol class="entries">${fired.slice(0, 200).map((event) => html`<li key=${event.id}><span class="line dim"><${Time} at=${event.timestamp} /><span class="tag">${gateOf(event)}</span><${Words}>${event.agent}</${Words}></span><p class="prose" dir="auto">${event.summary}</p></li>`)}</ol>`;
}
