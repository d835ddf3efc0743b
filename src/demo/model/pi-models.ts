/** The content of pi's `models.json` that makes a scripted model a provider of pi. */

export interface PiModel {
	readonly id: string;
	readonly name: string;
	readonly reasoning: boolean;
	readonly input: readonly ("text" | "image")[];
	readonly contextWindow: number;
	readonly maxTokens: number;
	/** Dollars per million tokens. */
	readonly cost: {
		readonly input: number;
		readonly output: number;
		readonly cacheRead: number;
		readonly cacheWrite: number;
	};
}

const usual: Omit<PiModel, "id" | "name"> = {
	reasoning: false,
	input: ["text"],
	contextWindow: 128_000,
	maxTokens: 8192,
	cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0 },
};

/** One model per id, under the provider `fake`. */
export const piModels = (url: string, ids: readonly string[] = ["fake"], over: Partial<PiModel> = {}): unknown => ({
	providers: {
		fake: {
			baseUrl: url,
			api: "openai-completions",
			apiKey: "fake-key",
			models: ids.map((id) => ({ id, name: id, ...usual, ...over })),
		},
	},
});
