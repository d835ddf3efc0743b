import { readdirSync } from "node:fs";
import { contractFolder, loadOperations } from "../../src/fleet/catalog.ts";

/** Every operation of the contract, as extensions find them. */
export const everyOperation = () => loadOperations(readdirSync(contractFolder));
