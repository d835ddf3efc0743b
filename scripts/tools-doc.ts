/** `node scripts/tools-doc.ts > docs/tools.md`: the tools, written from the contract. A test compares the two. */
import { readdirSync } from "node:fs";
import { isRecord } from "../src/client/request.ts";
import type { AnyOperation } from "../src/contract/operation.ts";
import { contractFolder, loadOperations } from "../src/fleet/catalog.ts";
import { toolSchema } from "../src/fleet/schema.ts";
import { type ToolOperation, toolsFor } from "../src/fleet/tools.ts";

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
	const tools = new Set([...toolsFor("orchestrator", operations), ...toolsFor("lieutenant", operations)]);
	const services = Map.groupBy(tools, (operation) => operation.name.split(".", 1)[0] ?? "");
	const sections = [...services].map(([service, some]) => {
		const table = ["| tool | does | parameters | for | |", "|---|---|---|---|---|", ...some.map(row)];
		return `\n## ${service}\n\n${table.join("\n")}\n`;
	});
	return HEAD + sections.join("");
}

if (import.meta.main) process.stdout.write(toolsPage(await loadOperations(readdirSync(contractFolder))));
