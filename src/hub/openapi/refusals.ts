/** Every error that the hub answers with, by status: one form, told once. */
import { errors } from "../../errors.ts";
import { STATUS_CODES } from "../../world/http.ts";

const codes = Object.entries(errors);

/** `Not Found` as the document names its answer. */
export const nameOf = (status: number): string => (STATUS_CODES[status] ?? `Status ${status}`).replaceAll(/\W/g, "");

export const ErrorSchema = {
	type: "object",
	required: ["error", "code", "remedy"],
	properties: {
		error: { type: "string", description: "what is wrong, in one sentence" },
		code: { type: "string", enum: codes.map(([code]) => code) },
		remedy: { type: "string", description: "what to do next" },
	},
};

const REFERENCE = { $ref: "#/components/schemas/Error" };

/** `components.responses`: for each status the codes that it stands for. */
export function refusals(): Record<string, unknown> {
	const byStatus = Map.groupBy(codes, ([, { status }]) => status);
	const named = [...byStatus].map(([status, some]) => [
		nameOf(status),
		{
			description: some.map(([code, { remedy }]) => `\`${code}\`: ${remedy}`).join("\n\n"),
			content: { "application/json": { schema: REFERENCE } },
		},
	]);
	const anything = { description: "Any other refusal.", content: { "application/json": { schema: REFERENCE } } };
	return { ...Object.fromEntries(named), Refusal: anything };
}

/** What a request may be refused with. */
export const refusedWith = (statuses: readonly number[]): Record<string, unknown> => ({
	...Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }])),
	default: { $ref: "#/components/responses/Refusal" },
});
