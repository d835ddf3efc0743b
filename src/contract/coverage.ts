/** How much of the fleet a figure of usage covers: the real number is never lower, and may be higher. */
import { type Static, Type } from "@sinclair/typebox";

export const Coverage = Type.Object({
	seen: Type.Integer({ description: "sessions counted here" }),
	known: Type.Integer({ description: "sessions that are known to have used tokens" }),
	unreported: Type.Array(Type.String(), {
		description: "lieutenants that have used tokens and told of no session, the first 50",
	}),
	tokens: Type.Number({
		description: "used by known sessions and not counted here: the real number is higher by this",
	}),
});
export type Coverage = Static<typeof Coverage>;

/** `13 of 15 sessions seen. Not counted: ada, bo. The real number is higher, by at least 4120 tokens.` */
export function tellCoverage({ seen, known, unreported, tokens }: Coverage): string {
	const count = `${seen} of ${known} session${known === 1 ? "" : "s"} seen.`;
	if (tokens === 0) return count;
	const whom = unreported.length === 0 ? "" : ` Not counted: ${unreported.join(", ")}.`;
	return `${count}${whom} The real number is higher, by at least ${tokens} tokens.`;
}
