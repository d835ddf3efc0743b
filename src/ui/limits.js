/** The limits of a lieutenant's work as bars, out of the sentence that its host tells: `a report; 12/30 turns, $0.41/$2.00`. */
import { Bar } from "./parts.js";
import { html } from "./view.js";

/** @param {string | undefined} due */
export function limitsOf(due = "") {
	const at = due.indexOf("; ");
	const [deliverable, limits] = at === -1 ? [due, ""] : [due.slice(0, at), due.slice(at + 2)];
	const bars = limits.split(/,\s+/).flatMap((text) => {
		const [, used = "", most = "", unit = "USD"] = /^\$?([\d.,]+)\/\$?([\d.,]+)(?:\s+(\w+))?$/.exec(text) ?? [];
		const [value, of] = [used, most].map((figure) => Number(figure.replaceAll(",", "")));
		return value === undefined || of === undefined || !(of > 0) || Number.isNaN(value)
			? []
			: [{ value, of, text, label: unit }];
	});
	return { deliverable, bars };
}

/** @param {{ due: string | undefined }} props */
export const Limits = ({ due }) =>
	html`<span class="limits">${limitsOf(due).bars.map((bar) => html`<${Bar} key=${bar.label} ...${bar} />`)}</span>`;
