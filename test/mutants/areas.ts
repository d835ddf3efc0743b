/** What is mutated: the files whose faults lose messages, tasks, limits and work. Which tests look at them is measured. */
import { readdirSync } from "node:fs";

export interface Area {
	readonly name: "delivery" | "leases" | "ladder" | "gates";
	readonly files: readonly string[];
}

const folder = (path: string): readonly string[] =>
	readdirSync(new URL(`../../${path}`, import.meta.url))
		.filter((name) => name.endsWith(".ts"))
		.map((name) => `${path}/${name}`);

export const AREAS: readonly Area[] = [
	{
		name: "delivery",
		files: ["receipt", "delivery", "delivery-state", "courier", "lifecycle", "register", "places/local"].map(
			(name) => `src/host/${name}.ts`,
		),
	},
	{ name: "leases", files: ["src/hub/board/claims.ts", "src/host/names.ts"] },
	{ name: "ladder", files: ["src/host/steers.ts", ...folder("src/host/bounds")] },
	{ name: "gates", files: folder("src/gates") },
];
