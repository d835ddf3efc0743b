/**
 * Vitest's last line: `N passed, N failed, N skipped`. With FLAGSHIP_REQUIRE_ALL=1 a run that left a test out has not
 * shown what it should, and fails.
 */
import type { Reporter, TestModule } from "vitest/node";

export interface Tally {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

export const tallyLine = ({ passed, failed, skipped }: Tally): string =>
	`${passed} passed, ${failed} failed, ${skipped} skipped`;

/** A file or suite that broke outside its tests (an import, a hook) is a failure: its tests did not even run. */
export function tallyOf(modules: readonly TestModule[]): Tally {
	const tally = { passed: 0, failed: 0, skipped: 0 };
	for (const module of modules) {
		for (const test of module.children.allTests()) {
			const { state } = test.result();
			if (state === "passed") tally.passed++;
			else if (state === "failed") tally.failed++;
			else tally.skipped++;
		}
		const broken = [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0);
		tally.failed += broken.length;
	}
	return tally;
}

export default class TallyReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
		const counted = tallyOf(modules);
		const tally = { ...counted, failed: counted.failed + errors.length };
		const incomplete = process.env.FLAGSHIP_REQUIRE_ALL === "1" && tally.skipped > 0;
		if (incomplete) console.error("FLAGSHIP_REQUIRE_ALL=1: a skipped test fails the run.");
		if (incomplete || tally.failed > 0) process.exitCode = 1;
		console.log(tallyLine(tally));
	}
}
