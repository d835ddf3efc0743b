/** Whether the features say what is: every named test is there, and nothing that is shipped lacks a row. */
import type { Source } from "../check/source.ts";
import { type Area, type Feature, isRun } from "./feature.ts";
import { titlesOf } from "./titles.ts";

/** What the product has: each of these is named by a feature that is shipped. */
export interface Product {
	readonly tools: readonly string[];
	readonly gates: readonly string[];
	readonly skills: readonly string[];
}

/** What can show a feature. */
export interface Evidence {
	read(file: string): Source | undefined;
	/** Names of scripts that CI runs, and fails with. */
	readonly runs: ReadonlySet<string>;
}

export function problemsOf(areas: readonly Area[], product: Product, evidence: Evidence): readonly string[] {
	const features = areas.flatMap((area) => area.features);
	const unproven = features.flatMap((feature) => unshown(feature, evidence));
	return [...doubled(features), ...unproven, ...missing(areas, product)];
}

const doubled = (features: readonly Feature[]): string[] =>
	features
		.filter(({ what }, at) => features.findIndex((feature) => feature.what === what) !== at)
		.map(({ what }) => `'${what}' is there twice`);

function unshown({ what, shown }: Feature, { read, runs }: Evidence): string[] {
	return shown.flatMap((one) => {
		if (isRun(one)) {
			const [command] = one;
			return runs.has(command.replace("npm run ", "")) ? [] : [`'${what}' names ${command}, which CI does not run`];
		}
		const [file, ...titles] = one;
		const source = read(file);
		if (source === undefined) return [`'${what}' names ${file}, which is not there`];
		const there = titlesOf(source);
		return titles
			.filter((title) => !there.has(title))
			.map((title) => `'${what}' names a test that ${file} does not run: "${title}"`);
	});
}

function missing(areas: readonly Area[], { tools, gates, skills }: Product): string[] {
	const namedIn = (area?: string): ReadonlySet<string> => {
		const features = areas.filter(({ name }) => area === undefined || name === area).flatMap((one) => one.features);
		const shipped = features.filter(({ shown }) => shown.length > 0);
		return new Set(shipped.flatMap(({ what }) => [...what.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "")));
	};
	const lacks = (kind: string, names: readonly string[], area?: string): string[] => {
		const named = namedIn(area);
		return names
			.filter((name) => !named.has(name))
			.map((name) => `no feature that is shipped names the ${kind} \`${name}\``);
	};
	return [...lacks("tool", tools), ...lacks("gate", gates, "Gates"), ...lacks("skill", skills, "Skills")];
}
