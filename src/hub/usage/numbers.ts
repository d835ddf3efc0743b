/** Times and money as the tables hold them. */
import { fault } from "../../errors.ts";

/** Billionths of a dollar. */
export const NANO = 1e9;

/** Two decimals. */
export const dollars = (nanodollars: number): number => Math.round(nanodollars / (NANO / 100)) / 100;

/** Throws `invalid_input` for what is no time. */
export function millis(field: string, text: string): number {
	const ms = new Date(text).getTime();
	if (Number.isNaN(ms)) throw fault("invalid_input", `invalid ${field}: ${text}`);
	return ms;
}
