/** `node scripts/tools-doc.ts`: the tools, written from the contract: for people and for pi. A test compares them. */
import { readdirSync, writeFileSync } from "node:fs";
import { isRecord } from "../src/client/request.ts";
import type { AnyOperation } from "../src/contract/operation.ts";
import { cardsFile, cardsOf } from "../src/fleet/card.ts";
import { contractFolder, loadOperations } from "../src/fleet/catalog.ts";
import { toolSchema } from "../src/fleet/schema.ts";

const HEAD = `# Tools

What an agent can call, made from the declarations in \`src/contract/\`; \`npm run docs\` writes this page and a test keeps
it true. Parameters in **bold** are required. Nobody says who they are: the token does.

*At hand*: always in the agent's request. The others are found and switched on when wanted: by pi's \`tool_search\` from
pi 0.99 on, by \`fleet_tools\` before. *Waits*: kept on this machine while the hub is away, and sent later, once.
`;

const parametersOf = (operation: AnyOperation): string => {
	const { properties, required } = toolSchema(operation);
	const needed = new Set(Array.isArray(required) ? required : []);
	const names = Object.keys(isRecord(properties) ? properties : {});
	return names.map((name) => (needed.has(name) ? `**${name}**` : name)).join(", ") || "–";
};

const rolesOf = (operation: AnyOperation): string =>
	(["orchestrator", "lieutenant"] as const).filter((role) => operation.allow.includes(role)).join(", ");

type ToolOperation = AnyOperation & { readonly tool: string };

const isTool = (operation: AnyOperation): operation is ToolOperation =>
	operation.tool !== undefined && rolesOf(operation) !== "";

function row(operation: ToolOperation): string {
	const notes = [...(operation.core === true ? ["at hand"] : []), ...(operation.spool === true ? ["waits"] : [])];
	const cells = [
		`\`${operation.tool}\``,
		operation.summary,
		parametersOf(operation),
		rolesOf(operation),
		notes.join(", "),
	];
	return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** The whole page. */
export function toolsPage(operations: readonly AnyOperation[]): string {
	const services = Map.groupBy(operations.filter(isTool), (operation) => operation.name.split(".", 1)[0] ?? "");
	const sections = [...services].map(([service, some]) => {
		const table = ["| tool | does | parameters | for | |", "|---|---|---|---|---|", ...some.map(row)];
		return `\n## ${service}\n\n${table.join("\n")}\n`;
	});
	return HEAD + sections.join("");
}

/** `src/fleet/tools.json` */
export const toolsFile = (operations: readonly AnyOperation[]): string =>
	`${JSON.stringify(cardsOf(operations), undefined, "\t")}\n`;

if (import.meta.main) {
	const operations = await loadOperations(readdirSync(contractFolder));
	writeFileSync(new URL("../docs/tools.md", import.meta.url), toolsPage(operations));
	writeFileSync(cardsFile, toolsFile(operations));
}
