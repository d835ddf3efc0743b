/** The pieces that all views are made of. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "./view.js";
import { fully, when } from "./words.js";

/** @typedef {import("./view.js").Children} Children */
/** @typedef {import("./view.js").VNode} VNode */

/** A point in time, to the second; the whole of it on hover and for a reader. @param {{ at: string | undefined }} props */
export const Time = ({ at }) => html`<time dateTime=${at} title=${fully(at)}>${when(at)}</time>`;

/** Each state has a shape of its own: colour alone tells nobody who does not see it. */
const SHAPES = {
	circle: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z",
	ring: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zm0 3a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
	triangle: "M8 2l7 12H1z",
	square: "M3 3h10v10H3z",
	bars: "M3 3h4v10H3zm6 0h4v10H9z",
	cross: "M3 5l2-2 3 3 3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3z",
	diamond: "M8 1l7 7-7 7-7-7z",
	check: "M2 8l2-2 3 3 5-6 2 2-7 8z",
};

/** @type {Readonly<Record<string, readonly [shape: keyof typeof SHAPES, tone: string]>>} */
const LOOKS = {
	...{ working: ["circle", "good"], idle: ["ring", "calm"], starting: ["ring", "good"], done: ["check", "calm"] },
	...{ stalled: ["triangle", "warn"], "needs-credentials": ["triangle", "warn"], blocked: ["triangle", "warn"] },
	...{
		unreachable: ["diamond", "warn"],
		failed: ["cross", "bad"],
		stopped: ["square", "bad"],
		gone: ["square", "calm"],
	},
	...{
		paused: ["bars", "calm"],
		open: ["ring", "calm"],
		in_progress: ["circle", "good"],
		in_review: ["diamond", "accent"],
	},
	...{ consumed: ["check", "calm"], queued: ["ring", "warn"], accepted: ["circle", "good"], over: ["check", "calm"] },
	...{ superseded: ["square", "calm"], rejected: ["cross", "bad"], lost: ["cross", "bad"] },
};

/** @param {{ of: string, label?: string }} props */
export function State({ of, label }) {
	const [shape, tone] = LOOKS[of] ?? ["ring", "calm"];
	return html`<span class="state ${tone}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d=${SHAPES[shape]} /></svg>${label ?? of.replaceAll("_", " ")}</span>`;
}

/** How much of a limit is used. @param {{ label: string, value: number, of: number, text: string }} props */
export const Bar = ({ label, value, of, text }) =>
	html`<span class="bar"><meter min="0" max=${of} high=${of * 0.8} value=${Math.min(value, of)} aria-label="${label}: ${text}"></meter><span class="figure">${text}</span></span>`;

/** What went wrong, and what to do. @param {{ of: Error | undefined }} props */
export function Problem({ of }) {
	if (of === undefined) return null;
	const { remedy } = /** @type {{ remedy?: string }} */ (of);
	return html`<p class="problem" role="alert"><strong>${of.message}</strong>${remedy ? ` ${remedy}` : ""}</p>`;
}

/** @param {{ known: boolean, children?: Children }} props */
export const Nothing = ({ known, children }) => html`<p class="nothing">${known ? children : "Asking the hub …"}</p>`;

/** A line of a task's, a report's, a stranger's words: from whichever side it is read. @param {{ children?: Children, as?: string }} props */
export const Words = ({ children, as = "span" }) => html`<${as} dir="auto" class="words">${children}</${as}>`;

/** Rows drawn beyond what is seen, so that scrolling shows no holes. */
const SPARE = 8;

/**
 * A list of any length: only what is seen is in the page. Arrow keys go from row to row.
 * @template T
 * @param {{ items: readonly T[], height: number, label: string, row: (item: T, at: number) => VNode,
 *   keyOf: (item: T) => string | number, onEnd?: (() => void) | undefined, total?: number | undefined }} props `height`: of a row, px
 */
export function Rows({ items, height, label, row, keyOf, onEnd, total }) {
	const box = useRef(/** @type {HTMLElement | null} */ (null));
	const [seen, setSeen] = useState({ top: 0, height: 800 });
	const look = () => {
		const { current } = box;
		if (current !== null) setSeen({ top: current.scrollTop, height: current.clientHeight || 800 });
	};
	useLayoutEffect(() => {
		look();
		const { current } = box;
		if (current === null) return undefined;
		const sizes = new ResizeObserver(look);
		sizes.observe(current);
		return () => sizes.disconnect();
	}, []);
	const first = Math.max(0, Math.min(items.length, Math.floor(seen.top / height)) - SPARE);
	const last = Math.min(items.length, Math.ceil((seen.top + seen.height) / height) + SPARE);
	const atEnd = last >= items.length;
	useEffect(() => {
		if (atEnd) onEnd?.();
	}, [atEnd, items.length, onEnd]);

	const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
		const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
		const links = [...(box.current?.querySelectorAll("li a, li button") ?? [])];
		const at = links.indexOf(/** @type {Element} */ (event.target));
		if (step === 0 || at === -1) return;
		event.preventDefault();
		/** @type {HTMLElement | undefined} */ (links[at + step])?.focus();
	};
	const space = { paddingTop: `${first * height}px`, paddingBottom: `${(items.length - last) * height}px` };
	return html`<div class="rows" ref=${box} onScroll=${look} onKeyDown=${onKeyDown}><ul aria-label=${label} style=${space}>
		${items
			.slice(first, last)
			.map(
				(item, at) =>
					html`<li key=${keyOf(item)} style=${{ height: `${height}px` }} aria-setsize=${total ?? items.length} aria-posinset=${first + at + 1}>${row(item, first + at)}</li>`,
			)}</ul></div>`;
}

/**
 * A question that must be answered before something is done that cannot be taken back.
 * @param {{ title: string, yes: string, danger?: boolean, children?: Children, onYes: () => Promise<void> | void, onNo: () => void }} props
 */
export function Confirm({ title, yes, danger, children, onYes, onNo }) {
	const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
	useEffect(() => dialog.current?.showModal(), []);
	return html`<dialog ref=${dialog} onClose=${onNo} aria-label=${title}>
		<h2>${title}</h2>${children}
		<div class="buttons"><button type="button" class=${danger ? "danger" : "primary"} onClick=${onYes}>${yes}</button>
		<button type="button" onClick=${() => dialog.current?.close()}>Cancel</button></div>
	</dialog>`;
}

/**
 * What a person does here: a button that is busy meanwhile, and says what came of it.
 * @param {() => void} [after]
 */
export function useDeed(after) {
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
	const [said, setSaid] = useState("");
	const act = async (/** @type {() => Promise<string>} */ deed) => {
		setBusy(true);
		setProblem(undefined);
		try {
			setSaid(await deed());
			after?.();
		} catch (error) {
			setProblem(/** @type {Error} */ (error));
			setSaid("");
		}
		setBusy(false);
	};
	const outcome = html`<div class="outcome"><p role="status">${said}</p><${Problem} of=${problem} /></div>`;
	return { act, busy, outcome };
}

/** Text that was not written for a page: shown as it is, nothing of it is taken for markup. @param {{ text: string, label: string }} props */
export const Plain = ({ text, label }) => html`<pre tabIndex="0" dir="auto" aria-label=${label}>${text}</pre>`;

/** Unified differences, line by line. @param {{ text: string, label: string }} props */
export function Difference({ text, label }) {
	const kind = (/** @type {string} */ line) =>
		/^(?:\+\+\+|---|diff |index )/.test(line)
			? "head"
			: line.startsWith("@@")
				? "place"
				: line.startsWith("+")
					? "added"
					: line.startsWith("-")
						? "removed"
						: "";
	return html`<pre class="diff" tabIndex="0" aria-label=${label}>${text.split("\n").map((line) => html`<span class=${kind(line)}>${line}\n</span>`)}</pre>`;
}
