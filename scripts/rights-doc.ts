/** `node scripts/rights-doc.ts`: who may ask the hub what, written from the contract. A test proves each cell over HTTP. */
import { readdirSync, writeFileSync } from "node:fs";
import type { AnyOperation } from "../src/contract/operation.ts";
import { ROLES } from "../src/contract/tokens.ts";
import { contractFolder, loadOperations } from "../src/fleet/catalog.ts";

const HEAD = `# Rights

Which role may ask the hub for what, made from the declarations in \`src/contract/\`; \`npm run docs\` writes this page, a
test keeps it true, and \`test/hub/http/rights.test.ts\` proves each cell of it over HTTP: what is not allowed is refused
with 403 and changes nothing. Without a token everything here is 401.

A cell says who may ask. On what, the operation judges further, by the token and never by what a request says of itself:

- an author is the token's own name; an admin may name anyone, a host its own lieutenants;
- agents change what is their own: their claims, their reports, their registration, skills that they have published;
- nobody approves their own work, an admin excepted;
- a token makes, lists, rotates and revokes tokens of no more rights, and only below itself; an admin all;
- transcripts: an admin all, a host those of its machine, others those of their own fleet; another's is not there;
- a host's calls down to lieutenants reach those of that host.

A session of a browser (\`flagship open\`) has the role that its link was made for, viewer or admin.

Needs no token: \`GET /health\`, \`GET /openapi.json\`, the pages of shared reports (by the secret of their address), and
\`/ui/login\`, which takes the secret of a link. \`/hosts/link\` (WebSocket) is for a host's token alone.
`;

const FORWARDED = "/lieutenants";

/** What answers over HTTP; a host's other operations are for its own machine. */
export const isServed = ({ at, path }: AnyOperation): boolean => at === "hub" || path.startsWith(FORWARDED);

function row({ name, method, path, allow }: AnyOperation): string {
	const cells = ROLES.map((role) => (allow.includes(role) ? "yes" : "–"));
	return `| ${[name, `\`${method} ${path}\``, ...cells].join(" | ")} |`;
}

/** The whole page. */
export function rightsPage(operations: readonly AnyOperation[]): string {
	const services = Map.groupBy(operations.filter(isServed), ({ name }) => name.split(".", 1)[0] ?? name);
	const head = [`| operation | route | ${ROLES.join(" | ")} |`, `|---|---|${ROLES.map(() => "---|").join("")}`];
	const sections = [...services].map(
		([service, some]) => `\n## ${service}\n\n${[...head, ...some.map(row)].join("\n")}\n`,
	);
	return HEAD + sections.join("");
}

if (import.meta.main) {
	const operations = await loadOperations(readdirSync(contractFolder));
	writeFileSync(new URL("../docs/rights.md", import.meta.url), rightsPage(operations));
}
