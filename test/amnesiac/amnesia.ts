/** A pi extension that takes from every request what an agent was taught: no skill, no section, no rule. Tools stay. */

interface Spoken {
	readonly role: string;
	readonly content: unknown;
}

interface Api {
	on(event: "before_provider_request", run: (event: { readonly payload: unknown }) => unknown): void;
}

const TAUGHT = ["system", "developer"];
/** pi's own request for a summary is no agent's. */
const isSummary = ({ content }: Spoken): boolean => JSON.stringify(content).includes("summarization");

export default function amnesia(pi: Api): void {
	pi.on("before_provider_request", ({ payload }) => {
		const { messages } = payload as { readonly messages: readonly Spoken[] };
		return {
			...Object(payload),
			messages: messages.map((message) =>
				TAUGHT.includes(message.role) && !isSummary(message) ? { ...message, content: "You are an agent." } : message,
			),
		};
	});
}
