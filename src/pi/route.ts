/**
 * Where read, bash, edit and write of this session act: here, or on a VM. A call is judged by the gates before it runs, and
 * another call of the same step may change the route in between: the first to ask settles it for that call.
 */

export interface Route {
	readonly vm: string;
	/** Where commands begin there: an absolute path. */
	readonly folder: string;
	/** What `~` is there. */
	readonly home: string;
	/** A program and its arguments; with a command line behind them they run it there. None: a way is yet to be made. */
	readonly command: readonly string[];
}

export interface Routes {
	current: Route | undefined;
	/** By tool call. */
	readonly settled: Map<string, Route | undefined>;
}

const SLOT = Symbol.for("flagship.route");
/** Tools of pi that a route is for. */
export const ROUTED: ReadonlySet<string> = new Set(["read", "bash", "edit", "write"]);

/** The tool that ends a route. It is there once a session has had one. */
export const LOCAL = "vers_vm_local";

/** Of this process, which has one session at a time. */
export function routes(store: object = globalThis): Routes {
	const known = Reflect.get(store, SLOT) as Routes | undefined;
	if (known !== undefined) return known;
	const made: Routes = { current: undefined, settled: new Map() };
	Reflect.set(store, SLOT, made);
	return made;
}

/** Where this call acts, for good. */
export function routeOf(all: Routes, call: string): Route | undefined {
	if (!all.settled.has(call)) all.settled.set(call, all.current);
	return all.settled.get(call);
}
