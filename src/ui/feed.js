/** The feed: every change of every record as it happens, newest first, and back to the oldest that is kept. */
import { get, path } from "./api.js";
import { onEvents } from "./live.js";
import { Nothing, Plain, Problem, Rows, Time, Words } from "./parts.js";
import { html, useCallback, useEffect, useRef, useState } from "./view.js";
import { count } from "./words.js";

/** @typedef {import("../contract/feed.ts").FeedEvent} FeedEvent */

/** Events that the page keeps; what was before them is asked for again. */
const KEPT = 5_000;
const PAGE = 500;
const HEIGHT = 40;

/** @param {{ chosen: string }} props */
export function Feed({ chosen }) {
	const [filter, setFilter] = useState("");
	const { events, problem, older, begun } = useFeed();
	const words = filter.trim().toLowerCase();
	const shown =
		words === ""
			? events
			: events.filter(({ type, agent, summary }) => `${type} ${agent} ${summary}`.toLowerCase().includes(words));
	return html`<div class=${chosen === "" ? "split" : "split open"}>
		<section class="list" aria-label="Events"><div class="tools"><label>Only with <input type="search" value=${filter} onInput=${(/** @type {Event} */ { currentTarget }) => setFilter(/** @type {HTMLInputElement} */ (currentTarget).value)} /></label>
			<p class="figures">${count(shown.length)} events</p></div><${Problem} of=${problem} />
			${
				shown.length === 0
					? html`<${Nothing} known=${begun}>No events.</${Nothing}>`
					: html`<${Rows} label="Events, newest first" items=${shown} height=${HEIGHT} onEnd=${older} total=${-1} keyOf=${(/** @type {FeedEvent} */ { seq }) => seq}
						row=${(/** @type {FeedEvent} */ event) => html`<a class="event" href="#/feed/${event.id}" aria-current=${event.id === chosen ? "true" : undefined}><${Time} at=${event.timestamp} /><span class="tag">${event.type}</span><${Words}>${event.agent}</${Words}><${Words}>${event.summary}</${Words}></a>`} />`
			}</section>
		${chosen !== "" && html`<section class="detail" aria-label="Chosen event"><${One} key=${chosen} id=${chosen} /></section>`}
	</div>`;
}

/** @param {{ id: string }} props */
function One({ id }) {
	const [event, setEvent] = useState(/** @type {FeedEvent | undefined} */ (undefined));
	const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
	useEffect(() => {
		/** @type {Promise<FeedEvent>} */ (get(path`feed/events/${id}`)).then(setEvent, setProblem);
	}, [id]);
	return html`<div class="tools"><h2>${event?.type ?? "Event"}</h2><a class="back" href="#/feed">Back</a></div><${Problem} of=${problem} />
		${
			event !== undefined &&
			html`<p class="dim">${event.agent} <${Time} at=${event.timestamp} />, number ${event.seq}</p><p class="prose" dir="auto">${event.summary}</p>
			${event.detail !== undefined && html`<${Plain} label="Detail" text=${JSON.stringify(event.detail, null, 2)} />`}${event.metadata !== undefined && html`<${Plain} label="Metadata" text=${JSON.stringify(event.metadata, null, 2)} />`}`
		}`;
}

/** Newest first. What comes by the stream is put on top; what was before, by the place of the oldest that is known. */
function useFeed() {
	const [events, setEvents] = useState(/** @type {readonly FeedEvent[]} */ ([]));
	const [problem, setProblem] = useState(/** @type {Error | undefined} */ (undefined));
	const [begun, setBegun] = useState(false);
	const busy = useRef(false);
	const known = useRef(events);
	const floor = useRef(Number.MAX_SAFE_INTEGER);
	known.current = events;

	const take = useCallback((/** @type {readonly FeedEvent[]} */ more) => {
		setEvents((all) => {
			const [newest, oldest] = [all[0]?.seq ?? 0, all.at(-1)?.seq ?? Number.MAX_SAFE_INTEGER];
			const above = more.filter(({ seq }) => seq > newest).sort((a, b) => b.seq - a.seq);
			const below = all.length === 0 ? [] : more.filter(({ seq }) => seq < oldest).sort((a, b) => b.seq - a.seq);
			// A person who reads far below keeps what is there; on top only so many are kept.
			return below.length > 0 ? [...above, ...all, ...below] : [...above, ...all].slice(0, Math.max(KEPT, all.length));
		});
	}, []);

	useEffect(() => {
		const stop = onEvents(take);
		/** @type {Promise<FeedEvent[]>} */ (get("feed/events", { limit: PAGE })).then(
			(first) => {
				take(first);
				setBegun(true);
			},
			(error) => setProblem(error),
		);
		return stop;
	}, [take]);

	const older = useCallback(async () => {
		const oldest = Math.min(known.current.at(-1)?.seq ?? 1, floor.current);
		if (busy.current || oldest <= 1) return;
		busy.current = true;
		try {
			// Where events were deleted a page may be empty: the next one begins below it.
			const since = Math.max(0, oldest - PAGE - 1);
			take(await get("feed/events", { since: String(since), limit: PAGE }));
			floor.current = since + 1;
		} catch (error) {
			setProblem(/** @type {Error} */ (error));
		} finally {
			busy.current = false;
		}
	}, [take]);
	return { events, problem, older, begun };
}
