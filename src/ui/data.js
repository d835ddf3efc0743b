/** What a view shows: asked for when it is opened, and again when an event says that it changed. */
import { get } from "./api.js";
import { onEvents, onState } from "./live.js";
import { useCallback, useEffect, useRef, useState } from "./view.js";

/** @typedef {import("./api.js").Fields} Fields */
/** @typedef {import("../contract/feed.ts").FeedEvent} FeedEvent */

/** Milliseconds between two questions of one view, however much happens. */
const PACE = 1_000;

/**
 * Asks at once, and again whenever `ask` changes, `refresh` is called, or an event is `told`; also when the hub is back.
 * What was known stays on the screen meanwhile.
 * @template T
 * @param {((signal: AbortSignal) => Promise<T>) | undefined} ask stable: from `useCallback`; undefined asks nothing
 * @param {{ told?: RegExp, every?: number }} [when] `told`: types of events; `every`: milliseconds
 * @returns {{ data: T | undefined, problem: Error | undefined, refresh: () => void }}
 */
export function useAsked(ask, { told, every } = {}) {
	const [known, setKnown] = useState(/** @type {{ ask: unknown, data: T } | undefined} */ (undefined));
	const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
	const again = useRef(/** @type {(() => void) | undefined} */ (undefined));
	const pattern = told?.source;

	useEffect(() => {
		if (ask === undefined) return undefined;
		const stop = new AbortController();
		let [asking, due] = [false, false];
		const go = async () => {
			if (asking) {
				due = true;
				return;
			}
			asking = true;
			try {
				const data = await ask(stop.signal);
				if (stop.signal.aborted) return;
				setKnown({ ask, data });
				setProblem(undefined);
			} catch (error) {
				if (!stop.signal.aborted) setProblem(/** @type {Error} */ (error));
			}
			await new Promise((resolve) => setTimeout(resolve, PACE));
			asking = false;
			if (due && !stop.signal.aborted) {
				due = false;
				void go();
			}
		};
		again.current = () => void go();
		void go();
		const matcher = pattern === undefined ? undefined : new RegExp(pattern);
		const unread = onEvents((events) => {
			if (matcher !== undefined && events.some(({ type }) => matcher.test(type))) void go();
		});
		let first = true;
		const unwatch = onState((state) => {
			if (state === "live" && !first) void go();
			first = false;
		});
		const timer = every === undefined ? undefined : setInterval(() => document.hidden || void go(), every);
		return () => {
			stop.abort();
			clearInterval(timer);
			unread();
			unwatch();
		};
	}, [ask, pattern, every]);

	const refresh = useCallback(() => again.current?.(), []);
	return { data: known?.data, problem, refresh };
}

/**
 * @template T
 * @param {string} to
 * @param {Fields} [query]
 * @param {{ told?: RegExp, every?: number }} [when]
 */
export function useGet(to, query = {}, when = {}) {
	const key = JSON.stringify([to, query]);
	const ask = useCallback(
		(/** @type {AbortSignal} */ signal) => {
			const [where, what] = JSON.parse(key);
			return /** @type {Promise<T>} */ (get(where, what, signal));
		},
		[key],
	);
	return useAsked(to === "" ? undefined : ask, when);
}

/** Rows of the first page, which is asked again with each change; it grows so far, and further pages come behind it. */
const PAGE = { least: 100, most: 1_000 };

/**
 * A list that can grow: what of it was wanted so far, asked again as `useAsked` does.
 * @template {{ readonly id?: string }} T
 * @param {string} to
 * @param {Fields} query
 * @param {string} field the one of the answer that holds the rows
 * @param {{ told?: RegExp, every?: number }} [when]
 */
export function usePages(to, query, field, when) {
	const key = JSON.stringify([to, query]);
	const [size, setSize] = useState({ key, limit: PAGE.least });
	const limit = size.key === key ? size.limit : PAGE.least;
	const { data, problem, refresh } = useGet(to, { limit, ...query }, when);
	/** @typedef {{ [field: string]: T[] } & { next?: string }} Page */
	const page = /** @type {Page | undefined} */ (/** @type {unknown} */ (data));
	// What stands behind a first page that has changed might leave a gap: it is asked anew when it is reached again.
	const [behind, setBehind] = useState({
		key,
		from: "",
		rows: /** @type {T[]} */ ([]),
		next: /** @type {string | undefined} */ (""),
	});
	const fits = behind.key === key && behind.from === page?.next && behind.from !== "";
	const next = fits ? behind.next : page?.next;
	const busy = useRef(false);
	const more = useCallback(async () => {
		if (next === undefined || busy.current) return;
		if (limit < PAGE.most) return setSize({ key, limit: Math.min(PAGE.most, limit * 4) });
		busy.current = true;
		try {
			const answer = /** @type {Page} */ (await get(to, { ...query, limit: PAGE.most, cursor: next }));
			const rows = [...(fits ? behind.rows : []), ...(answer[field] ?? [])];
			setBehind({ key, from: page?.next ?? "", rows, next: answer.next });
		} catch {
			// The end of the list is reached again by scrolling, and that asks again.
		} finally {
			busy.current = false;
		}
	}, [key, next, limit, behind]);
	const rows = [...(page?.[field] ?? []), ...(fits ? behind.rows : [])];
	return { rows, next, more, known: page !== undefined, problem, refresh };
}
