/** Counts in and counts out, by file and kind. */
import type { ImportKind } from "../../contract/imports.ts";

export interface Row {
	readonly file: string;
	readonly kind: ImportKind;
	in: number;
	added: number;
	known: number;
	rejected: number;
}

export class Tally {
	readonly #rows = new Map<string, Row>();

	row({ file, kind }: { readonly file: string; readonly kind: ImportKind }): Row {
		const key = `${file} ${kind}`;
		const row = this.#rows.get(key) ?? { file, kind, in: 0, added: 0, known: 0, rejected: 0 };
		this.#rows.set(key, row);
		return row;
	}

	get rows(): readonly Row[] {
		return [...this.#rows.values()];
	}

	/** What was read is here, was here, or is among the rejects: nothing went missing on the way. */
	get addsUp(): boolean {
		return this.rows.every((row) => row.in === row.added + row.known + row.rejected);
	}
}

const HEAD = ["file", "records", "in", "added", "here", "rejected"] as const;

export function tableOf(rows: readonly Row[]): readonly string[] {
	const cells = rows.map((row) => [row.file, row.kind, ...[row.in, row.added, row.known, row.rejected].map(String)]);
	const sums = (["in", "added", "known", "rejected"] as const).map((field) =>
		String(rows.reduce((sum, row) => sum + row[field], 0)),
	);
	const all = [[...HEAD], ...cells, ["all", "", ...sums]];
	const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
	return all.map((line) =>
		line
			.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
			.join("  ")
			.trimEnd(),
	);
}
