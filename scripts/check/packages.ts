/**
 * Only declared packages. Hub and host run outside pi, where pi's own packages may be missing: those are values only in
 * what pi loads, types everywhere.
 */
import type { Problem, Rule, Source } from "./source.ts";

export interface Manifest {
	readonly dependencies: Readonly<Record<string, string>>;
	/** TypeBox is here: pi brings its own and warns of one in `dependencies`, but hub and host run without pi. */
	readonly optionalDependencies?: Readonly<Record<string, string>>;
	readonly peerDependencies?: Readonly<Record<string, string>>;
}

const PRODUCT = /^(?:src|extensions)\//;
/** Files that run only inside pi. */
const INSIDE_PI = /^(?:extensions\/|src\/pi\/pack\/|src\/fleet\/)/;

const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

function judge(manifest: Manifest, source: Source, name: string, kind: string): string | undefined {
	if (name in manifest.dependencies || name in (manifest.optionalDependencies ?? {})) return undefined;
	if (!(name in (manifest.peerDependencies ?? {}))) return `'${name}' is no dependency of this package`;
	if (kind === "type" || INSIDE_PI.test(source.path)) return undefined;
	return `'${name}' is there only inside pi; here only its types may be imported`;
}

export function declaredPackages(manifest: Manifest): Rule {
	return (sources) =>
		sources
			.filter((source) => PRODUCT.test(source.path))
			.flatMap((source) =>
				source.imports
					.filter(({ specifier, target }) => target === undefined && !specifier.startsWith("node:"))
					.flatMap(({ specifier, line, kind }): Problem[] => {
						const message = judge(manifest, source, packageOf(specifier), kind);
						return message === undefined ? [] : [{ path: source.path, line, message }];
					}),
			);
}
