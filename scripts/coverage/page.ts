/** `docs/coverage.md`, made of the features. */
import { type Area, type Feature, isRun, type Shown } from "./feature.ts";

const HEAD = `# Coverage

What Flagship is to do, and the tests that show what it does. \`npm run docs\` makes this page from
\`scripts/coverage/features.ts\`; the check refuses it when it is stale, when a test that it names is not there, and when a
tool, gate or skill has no row.
`;

const isShipped = ({ shown }: Feature): boolean => shown.length > 0;

function shownText(shown: Shown): string {
	if (isRun(shown)) return `\`${shown[0]}\`, in CI`;
	const [file, ...titles] = shown;
	const link = `[${file.replace(/^test\//, "")}](../${file})`;
	return `${link}: ${titles.map((title) => `“${title}”`).join(", ")}`;
}

function row(feature: Feature): string {
	const cells = [feature.what, isShipped(feature) ? "shipped" : "planned", feature.shown.map(shownText).join("; ")];
	return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function section({ name, features }: Area): string {
	const count = `${features.filter(isShipped).length} of ${features.length} shipped.`;
	const table = ["| feature | status | shown by |", "|---|---|---|", ...features.map(row)];
	return `\n## ${name}\n\n${count}\n\n${table.join("\n")}\n`;
}

export const coveragePage = (areas: readonly Area[]): string => HEAD + areas.map(section).join("");
