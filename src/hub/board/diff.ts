/** Two texts as a unified diff by lines, after E. Myers (1986): the fewest lines taken out and put in. Pure. */

/** Lines that may differ: beyond, all of what differs is told as replaced. The work grows with the square of it. */
const EDITS_MAX = 1_000;
const AROUND = 3;

interface Line {
	readonly mark: " " | "-" | "+";
	readonly text: string;
}

const linesOf = (text: string): readonly string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

/** Empty when both have the same lines. */
export function lineDiff(before: string, after: string): string {
	const [a, b] = [linesOf(before), linesOf(after)];
	const start = sameFrom(a, b);
	const end = sameFrom(a.slice(start).reverse(), b.slice(start).reverse());
	const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
	if (left.length === 0 && right.length === 0) return "";
	const same = (texts: readonly string[]): readonly Line[] => texts.map((text) => ({ mark: " ", text }));
	const middle = edits(left, right) ?? [...marked("-", left), ...marked("+", right)];
	return hunks([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]);
}

const marked = (mark: Line["mark"], texts: readonly string[]): readonly Line[] => texts.map((text) => ({ mark, text }));

function sameFrom(a: readonly string[], b: readonly string[]): number {
	let n = 0;
	while (n < a.length && n < b.length && a[n] === b[n]) n++;
	return n;
}

/** The shortest script from `a` to `b`; undefined when it is longer than `EDITS_MAX`. */
function edits(a: readonly string[], b: readonly string[]): readonly Line[] | undefined {
	/** The furthest `x` on each diagonal, after so many edits. */
	const trace: ReadonlyMap<number, number>[] = [];
	let reached = new Map<number, number>([[1, 0]]);
	for (let count = 0; count <= Math.min(EDITS_MAX, a.length + b.length); count++) {
		trace.push(reached);
		const next = new Map<number, number>();
		for (let diagonal = -count; diagonal <= count; diagonal += 2) {
			let x = stepTo(reached, diagonal, count);
			while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
			next.set(diagonal, x);
			if (x >= a.length && x - diagonal >= b.length) return script(a, b, trace);
		}
		reached = next;
	}
	return undefined;
}

const at = (reached: ReadonlyMap<number, number>, diagonal: number): number => reached.get(diagonal) ?? -1;

/** Down (a line put in) where that diagonal is further, else right (a line taken out). */
const isDown = (reached: ReadonlyMap<number, number>, diagonal: number, count: number): boolean =>
	diagonal === -count || (diagonal !== count && at(reached, diagonal - 1) < at(reached, diagonal + 1));

const stepTo = (reached: ReadonlyMap<number, number>, diagonal: number, count: number): number =>
	isDown(reached, diagonal, count) ? at(reached, diagonal + 1) : at(reached, diagonal - 1) + 1;

/** The way back from both ends to both beginnings. */
function script(a: readonly string[], b: readonly string[], trace: readonly ReadonlyMap<number, number>[]): Line[] {
	const backwards: Line[] = [];
	const same = (x: number): void => void backwards.push({ mark: " ", text: a[x] ?? "" });
	let [x, y] = [a.length, b.length];
	for (let count = trace.length - 1; count > 0; count--) {
		const reached = trace[count] ?? new Map<number, number>();
		const diagonal = x - y;
		const down = isDown(reached, diagonal, count);
		const fromX = down ? at(reached, diagonal + 1) : at(reached, diagonal - 1);
		const fromY = fromX - (down ? diagonal + 1 : diagonal - 1);
		for (const end = down ? fromX : fromX + 1; x > end; x--) same(x - 1);
		backwards.push(down ? { mark: "+", text: b[fromY] ?? "" } : { mark: "-", text: a[fromX] ?? "" });
		[x, y] = [fromX, fromY];
	}
	for (; x > 0; x--) same(x - 1);
	return backwards.reverse();
}

/** Runs of changes with the lines around them, each under its place in both texts. */
function hunks(lines: readonly Line[]): string {
	const shown = lines.map((_, n) =>
		lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ mark }) => mark !== " "),
	);
	const said: string[] = [];
	let [left, right] = [1, 1];
	for (let n = 0; n < lines.length; ) {
		if (!shown[n]) {
			[left, right, n] = [left + 1, right + 1, n + 1];
			continue;
		}
		let end = n;
		while (end < lines.length && shown[end]) end++;
		const hunk = lines.slice(n, end);
		const [taken, put] = [
			hunk.filter(({ mark }) => mark !== "+").length,
			hunk.filter(({ mark }) => mark !== "-").length,
		];
		said.push(`@@ -${left},${taken} +${right},${put} @@`, ...hunk.map(({ mark, text }) => mark + text));
		[left, right, n] = [left + taken, right + put, end];
	}
	return said.join("\n");
}
