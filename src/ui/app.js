/** The page: who is here, the views, and the one that is open, by the address's hash. */
import { role, until, whenOver } from "./api.js";
import { Board } from "./board.js";
import { Feed } from "./feed.js";
import { Fleet } from "./fleet.js";
import { Gates } from "./gates.js";
import { Incidents } from "./incidents.js";
import { Journal } from "./journal.js";
import { follow, onState } from "./live.js";
import { Log } from "./log.js";
import { Reports } from "./reports.js";
import { Review } from "./review.js";
import { Skills } from "./skills.js";
import { Usage } from "./usage.js";
import { Component, html, render, useEffect, useRef, useState } from "./view.js";
import { Vms } from "./vms.js";
import { when, zone } from "./words.js";

const VIEWS = [
	{ id: "fleet", name: "Fleet", view: Fleet },
	{ id: "board", name: "Board", view: Board },
	{ id: "review", name: "Review", view: Review },
	{ id: "feed", name: "Feed", view: Feed },
	{ id: "log", name: "Log", view: Log },
	{ id: "journal", name: "Journal", view: Journal },
	{ id: "reports", name: "Reports", view: Reports },
	{ id: "skills", name: "Skills", view: Skills },
	{ id: "vms", name: "VMs", view: Vms },
	{ id: "incidents", name: "Incidents", view: Incidents },
	{ id: "usage", name: "Usage", view: Usage },
	{ id: "gates", name: "Gates", view: Gates },
];

const LINK = {
	joining: "Joining the hub …",
	live: "Live",
	away: "The hub is away; trying again",
	over: "Your session is over",
};

/** `#/board/01K…` is the view and what is chosen in it. */
function place() {
	const [, id = "", chosen = ""] = location.hash.split("/");
	const found = VIEWS.find((view) => view.id === id);
	return { view: found ?? VIEWS[0], chosen: found === undefined ? "" : decodeURIComponent(chosen) };
}

/** A view that fails takes only itself with it. */
class Fence extends Component {
	/** @override @param {Error} broken */
	static getDerivedStateFromError(broken) {
		return { broken };
	}

	/** @override @returns {any} */
	render() {
		const { broken } = /** @type {{ broken?: Error }} */ (this.state);
		if (broken === undefined) return /** @type {any} */ (this.props).children;
		return html`<p class="problem" role="alert"><strong>This view failed: ${broken.message}</strong> Load the page again; the others go on.</p>`;
	}
}

function Link() {
	const [state, setState] = useState(/** @type {import("./live.js").LiveState} */ ("joining"));
	useEffect(() => onState(setState), []);
	return html`<p class="link ${state}" role="status">${LINK[state]}</p>`;
}

function Page() {
	const [at, setAt] = useState(place);
	const [over, setOver] = useState(false);
	const main = useRef(/** @type {HTMLElement | null} */ (null));
	useEffect(() => {
		const go = () => setAt(place());
		addEventListener("hashchange", go);
		whenOver(() => setOver(true));
		follow();
		return () => removeEventListener("hashchange", go);
	}, []);
	const { view, chosen } = at;
	const name = view?.name ?? "";
	useEffect(() => {
		document.title = `${name} · Flagship`;
	}, [name]);
	const skip = (/** @type {Event} */ event) => {
		event.preventDefault();
		main.current?.focus();
	};
	return html`<a class="skip" href="#main" onClick=${skip}>Skip to the view</a>
		<header><span class="brand">Flagship</span>
			<nav aria-label="Views">${VIEWS.map(
				({ id, name: shown }) =>
					html`<a key=${id} href="#/${id}" aria-current=${id === view?.id ? "page" : undefined}>${shown}</a>`,
			)}</nav>
			<${Link} />
			<form method="post" action="logout"><span class="who">${role} until ${when(until)}</span> <button>Log out</button></form>
		</header>
		${over && html`<p class="problem" role="alert"><strong>Your session is over.</strong> In a shell on the hub's machine, <code>flagship open</code> makes a new link.</p>`}
		<main id="main" tabIndex="-1" ref=${main}><h1>${name}</h1><${Fence} key=${view?.id}>${view && html`<${view.view} chosen=${chosen} />`}</${Fence}></main>
		<footer>Times are of ${zone}.</footer>`;
}

const root = document.getElementById("app");
if (root !== null) render(html`<${Page} />`, root);
