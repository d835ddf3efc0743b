/** `flagship demo`, which is `npm run demo`. */
import type { Context } from "./context.ts";

export async function demo(context: Context, args: readonly string[]): Promise<number> {
	const { tour } = await import("../demo/main.ts");
	return await tour(context, args);
}
