/** `node scripts/errors-doc.ts`: every refusal that can be met, written from the table that makes them. */
import { writeFileSync } from "node:fs";
import { errors } from "../src/errors.ts";

const HEAD = `# Errors

Every refusal that a person or a model can meet, made from \`src/errors.ts\`; \`npm run docs\` writes this page, a test keeps it
true. Each comes as a sentence of what is, a code, and what to do next. The status is that of HTTP; a command ends with 1.

| code | status | what to do |
|---|---|---|
`;

/** The whole page. */
export const errorsPage = (): string =>
	HEAD +
	Object.entries(errors)
		.map(([code, { status, remedy }]) => `| \`${code}\` | ${status} | ${remedy.replaceAll("|", "\\|")} |\n`)
		.join("");

if (import.meta.main) writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());
