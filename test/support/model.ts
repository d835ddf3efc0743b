/** The scripted model for tests; its parts are in the product because the tour needs it too. */

import { type Model, type ModelOptions, startModel } from "../../src/demo/model/server.ts";
import { atEnd } from "./cleanup.ts";

export { piModels } from "../../src/demo/model/pi-models.ts";
export { type Rule, type Script, type Step, summarizer } from "../../src/demo/model/script.ts";
export type { Model, Served } from "../../src/demo/model/server.ts";

/** A scripted model that ends with the test file. */
export async function makeModel(options: ModelOptions = {}): Promise<Model> {
	const model = await startModel(options);
	atEnd(() => model.close());
	return model;
}
