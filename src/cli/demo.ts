/** `flagship demo`, which is `npm run demo`. */
import { fault } from "../errors.ts";
import type { Context } from "./context.ts";

interface Tour {
	/** Resolves to the exit code. */
	main(args: readonly string[]): Promise<number>;
}

const isTour = (module: object): module is Tour => "main" in module && typeof module.main === "function";

/** Loaded by address: the tour needs pi and git beside it, and a package may be installed without it. */
export async function demo(_context: Context, args: readonly string[]): Promise<number> {
	const module: object = await import(new URL("../demo/main.ts", import.meta.url).href);
	if (!isTour(module)) throw fault("internal");
	return await module.main(args);
}
