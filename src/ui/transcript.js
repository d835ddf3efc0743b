/** What was said in a lieutenant's session: the last of it, growing as it is written down, and what came before on demand. */
import { path } from "./api.js";
import { useGet } from "./data.js";
import { Nothing, Problem, Time } from "./parts.js";
import { html, useState } from "./view.js";

/** @typedef {import("../contract/transcripts.ts").TranscriptEntry} Entry */

const EVERY = 2_000;
const STEP = 30;
const MOST = 200;

/** @param {{ of: string }} props a lieutenant's id */
export function Transcript({ of }) {
	const [last, setLast] = useState(STEP);
	const { data, problem } = useGet(
		path`transcripts/${of}`,
		{ last },
		{ told: /^transcript_|^lieutenant_/, every: EVERY },
	);
	/** @type {readonly Entry[]} */
	const entries = /** @type {any} */ (data)?.entries ?? [];
	const none = /** @type {any} */ (problem)?.status === 404;
	return html`<h3>Transcript</h3><${Problem} of=${none ? undefined : problem} />
		${last < MOST && entries.length >= last && html`<button type="button" onClick=${() => setLast(Math.min(MOST, last + 2 * STEP))}>Earlier</button>`}
		${
			entries.length === 0
				? html`<${Nothing} known=${data !== undefined || none}>Nothing is written down yet.</${Nothing}>`
				: html`<ol class="transcript" tabIndex="0" aria-label="Transcript">${entries.map(
						({ entry, role, text, timestamp }) =>
							html`<li key=${entry} class=${role}><span class="line dim"><strong>${role}</strong><${Time} at=${timestamp} /></span><p dir="auto">${text}</p></li>`,
					)}</ol>`
		}`;
}
