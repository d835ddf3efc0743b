/** What is mutated, and which tests have to notice. Tests that start a real pi are left out: too slow for each bug. */

export interface Area {
	readonly name: "delivery" | "leases" | "ladder" | "gates";
	readonly files: readonly string[];
	/** Fast tests; the first that fails ends it. */
	readonly tests: readonly string[];
	/** Simulated runs that follow when all of those pass. */
	readonly seeds: number;
}

export const AREAS: readonly Area[] = [
	{
		name: "delivery",
		files: ["receipt", "delivery", "courier", "lifecycle", "register"].map((name) => `src/host/${name}.ts`),
		tests: ["receipt", "delivery", "lifecycle", "tell", "liveness/ending"].map((name) => `test/host/${name}.test.ts`),
		seeds: 240,
	},
	{
		name: "leases",
		files: ["src/hub/board/claims.ts", "src/host/names.ts"],
		tests: [
			...["claims", "expiry", "board"].map((name) => `test/hub/board/${name}.test.ts`),
			"test/hub/hosts/links.test.ts",
			"test/host/names.test.ts",
		],
		seeds: 0,
	},
	{
		name: "ladder",
		files: ["src/host/steers.ts", ...["bound", "cap", "keeper"].map((name) => `src/host/bounds/${name}.ts`)],
		tests: ["bound", "said"].map((name) => `test/host/bounds/${name}.test.ts`),
		seeds: 240,
	},
	{
		name: "gates",
		files: ["board", "claims", "facts", "ledger", "push", "settle", "work-log"].map((name) => `src/gates/${name}.ts`),
		tests: ["claims", "push", "report", "settings", "work-log", "tree", "tools"].map(
			(name) => `test/gates/${name}.test.ts`,
		),
		seeds: 0,
	},
];
