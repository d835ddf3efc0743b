/** What the page asks of its hub, in the name of the person's session. */

const BASE = new URL("api/", document.baseURI);

/** @param {string} name */
const meta = (name) => document.querySelector(`meta[name="flagship-${name}"]`)?.getAttribute("content") ?? "";
const PROTOCOL = meta("protocol");

/** What the session may: a viewer looks, an admin does. */
export const mayAct = meta("role") === "admin";
export const role = meta("role");
export const until = meta("until");

/** The hub said no, or nothing. */
export class Refusal extends Error {
	/**
	 * @param {string} message
	 * @param {number} status 0: there was no answer
	 * @param {string} code
	 * @param {string} remedy
	 */
	constructor(message, status, code, remedy) {
		super(message);
		this.status = status;
		this.code = code;
		this.remedy = remedy;
	}
}

/** @typedef {Readonly<Record<string, unknown>>} Fields */

/** Called when the session is over: nothing more is answered. @type {Set<() => void>} */
const onOver = new Set();
/** @param {() => void} run */
export const whenOver = (run) => onOver.add(run);

/** `crypto.randomUUID` is there on secure origins alone; a hub on a private network has none. */
const newKey = () =>
	Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

/** Words of a path, each as it is. @param {TemplateStringsArray} strings @param {...string} values */
export const path = (strings, ...values) =>
	strings.map((part, at) => part + (at < values.length ? encodeURIComponent(values[at] ?? "") : "")).join("");

/**
 * @param {string} to
 * @param {Fields} [query]
 */
export function address(to, query = {}) {
	const url = new URL(to, BASE);
	for (const [name, value] of Object.entries(query))
		if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
	return url;
}

/**
 * @template T
 * @param {"GET" | "POST" | "PATCH" | "DELETE"} method
 * @param {string} to path below the hub, without the first slash
 * @param {Fields} [input] query of a GET or DELETE, else the body
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function ask(method, to, input = {}, signal) {
	const inQuery = method === "GET" || method === "DELETE";
	const response = await fetch(address(to, inQuery ? input : {}), {
		method,
		credentials: "same-origin",
		headers: {
			"content-type": "application/json",
			"x-flagship-protocol": PROTOCOL,
			...(method === "GET" ? {} : { "idempotency-key": newKey() }),
		},
		...(inQuery ? {} : { body: JSON.stringify(input) }),
		...(signal === undefined ? {} : { signal }),
	}).catch((/** @type {Error} */ error) => {
		if (signal?.aborted) throw error;
		throw new Refusal("The hub does not answer.", 0, "hub_away", "It is asked again by itself.");
	});
	const text = await response.text();
	const body = parsed(text);
	if (response.ok) return /** @type {T} */ (body);
	if (response.status === 401) for (const run of onOver) run();
	const { error = `The hub answered ${response.status}.`, code = "", remedy = "" } = Object(body);
	throw new Refusal(String(error), response.status, String(code), String(remedy));
}

/**
 * @template T
 * @param {string} to
 * @param {Fields} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export const get = (to, query, signal) => ask("GET", to, query, signal);

/** @param {string} text */
function parsed(text) {
	try {
		return JSON.parse(text);
	} catch {
		// A proxy's page, or plain text: its status says enough.
		return text;
	}
}
