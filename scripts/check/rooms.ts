/**
 * Import directions. The table in `docs/architecture.md` is the rule itself: it is read here, so that what is written
 * for people and what is enforced cannot differ.
 */
import type { Import, Problem, Rule, Source } from "./source.ts";

export interface Room {
	/** `src/hub/`, or a single file. */
	readonly paths: readonly string[];
	readonly name: string;
	/** Names of rooms; `"all"` is every room below `src`. */
	readonly imports: readonly string[] | "all";
	/** May import nothing else from outside than TypeBox. */
	readonly onlyTypebox: boolean;
}

/** Open to every room but `contract`; stated under the table. */
const OPEN = ["world", "errors"];

const nameOf = (path: string): string => path.replace(/^src\//, "").replace(/\/$|\.ts$/g, "");
const quoted = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");

function roomOf(line: string): Room | undefined {
	const cells = line.split("|").map((cell) => cell.trim());
	const paths = quoted(cells[1] ?? "").filter((path) => /^(?:src|extensions)\b/.test(path));
	const [first] = paths;
	const allowed = cells[3];
	if (first === undefined || allowed === undefined) return undefined;
	const imports = /^all of `src`$/.test(allowed) ? "all" : quoted(allowed);
	return { paths, name: nameOf(first), imports, onlyTypebox: allowed === "TypeBox" };
}

/** The rooms of the table under "## Rooms". */
export function readRooms(architecture: string): readonly Room[] {
	const section = architecture.split(/^## /m).find((part) => part.startsWith("Rooms")) ?? "";
	const rooms = section.split("\n").flatMap((line) => roomOf(line) ?? []);
	if (rooms.length === 0) throw new Error("docs/architecture.md has no table of rooms under '## Rooms'");
	return rooms;
}

const holds = (room: Room, path: string): boolean =>
	room.paths.some((own) => (own.endsWith("/") ? path.startsWith(own) : path === own));

function mayImport(from: Room, to: Room): boolean {
	if (from === to) return true;
	if (to.name === "extensions") return false;
	if (from.imports === "all") return true;
	return (
		from.imports.includes(to.name) || (OPEN.includes(to.name) && from.name !== "contract" && !OPEN.includes(from.name))
	);
}

/** Rooms whose files are no part of the product: they may use all of it. */
const FREE = /^(?:test|scripts|bin)\//;
const isProduct = (path: string): boolean => /^(?:src|extensions)\//.test(path);
const isTypebox = (specifier: string): boolean => specifier === "@sinclair/typebox";

function judge(rooms: readonly Room[], from: Room, source: Source, made: Import): string | undefined {
	if (made.target === undefined)
		return from.onlyTypebox && !isTypebox(made.specifier)
			? `${from.name} may import only TypeBox, not '${made.specifier}'`
			: undefined;
	if (FREE.test(made.target))
		return `'${made.target}' is no part of the product; nothing in ${source.path} may need it`;
	if (!isProduct(made.target)) return undefined;
	const { target } = made;
	const to = rooms.find((room) => holds(room, target));
	if (to === undefined) return `'${target}' is in no room of docs/architecture.md`;
	if (mayImport(from, to)) return undefined;
	return `${from.name} may not import ${to.name} ('${made.specifier}'); see the table in docs/architecture.md`;
}

export function importDirections(rooms: readonly Room[]): Rule {
	return (sources) =>
		sources
			.filter((source) => isProduct(source.path))
			.flatMap((source): Problem[] => {
				const from = rooms.find((room) => holds(room, source.path));
				if (from === undefined)
					return [
						{ path: source.path, line: 1, message: "is in no room of docs/architecture.md; add its room to the table" },
					];
				return source.imports.flatMap((made) => {
					const message = judge(rooms, from, source, made);
					return message === undefined ? [] : [{ path: source.path, line: made.line, message }];
				});
			});
}
