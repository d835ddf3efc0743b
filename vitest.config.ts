import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		// Processes, not threads: tests start daemons, change the umask, and are killed as a whole.
		pool: "forks",
		// One more than the two cores of the smallest machine that matters: most of these tests wait for processes.
		maxWorkers: 3,
		testTimeout: 30_000,
		hookTimeout: 60_000,
		teardownTimeout: 30_000,
		reporters: ["default", "./scripts/tally.ts"],
	},
});
