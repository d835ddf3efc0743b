/** Bugs as people make them: one small edit each, found by walking the syntax tree. */
import {
	isArrayLiteralExpression,
	isBlock,
	isCallExpression,
	isConditionalExpression,
	isExpressionStatement,
	isIfStatement,
	isObjectLiteralExpression,
	isPropertyAccessExpression,
	isPropertyAssignment,
	isStatement,
	isWhileStatement,
	type Node,
	type SourceFile,
	SyntaxKind,
} from "typescript/unstable/ast";

export type Operator =
	| "drop a statement"
	| "skip an fsync"
	| "negate a condition"
	| "swap two effects"
	| "skip an effect"
	| "drop a row";

export interface Mutant {
	/** Relative to the package. */
	readonly file: string;
	/** 1-based. */
	readonly line: number;
	readonly operator: Operator;
	/** What stands there, in one line; with file and operator it names the mutant also after lines have moved. */
	readonly was: string;
	readonly start: number;
	readonly end: number;
	readonly becomes: string;
	readonly place: Place;
}

/**
 * Where code can note that it comes by here: before the statement at `start`, or around the expression from `start` to
 * `end`. Whoever loads the file comes by its beginning.
 */
export interface Place {
	readonly start: number;
	readonly end?: number;
}

const BEGINNING: Place = { start: 0 };

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** A statement that makes safe what was written. */
const SYNC = /\.sync\(/;

/** All that can be done to one file. */
export function mutantsOf(file: string, tree: SourceFile): readonly Mutant[] {
	const found: Mutant[] = [];
	const source = tree.text;
	const text = (node: Node): string => source.slice(node.getStart(tree), node.end);
	/** The innermost of those that are walked through just now. */
	let place = BEGINNING;
	const add = (operator: Operator, start: number, end: number, becomes: string, was: string): void => {
		const line = source.slice(0, start).split("\n").length;
		found.push({ file, line, operator, was: oneLine(was), start, end, becomes, place });
	};
	const at = (inner: Place, work: () => void): void => {
		const outer = place;
		place = inner;
		work();
		place = outer;
	};
	const negate = (condition: Node): void =>
		add("negate a condition", condition.getStart(tree), condition.end, `!(${text(condition)})`, text(condition));
	const drop = (statement: Node): void =>
		add(
			SYNC.test(text(statement)) ? "skip an fsync" : "drop a statement",
			statement.getStart(tree),
			statement.end,
			";",
			text(statement),
		);
	const swap = (first: Node, second: Node): void => {
		if (commute(text(first), text(second))) return;
		const [start, end] = [first.getStart(tree), second.end];
		const between = source.slice(first.end, second.getStart(tree));
		add("swap two effects", start, end, `${text(second)}${between}${text(first)}`, source.slice(start, end));
	};

	const visit = (node: Node, inFunction: boolean): void => {
		if (isBlock(node)) {
			const { statements } = node;
			statements.forEach((statement, i) => {
				if (!isExpressionStatement(statement)) return;
				const next = statements[i + 1];
				at({ start: statement.getStart(tree) }, () => {
					drop(statement);
					if (next !== undefined && isExpressionStatement(next)) swap(statement, next);
				});
			});
		} else if (isIfStatement(node) || isWhileStatement(node)) {
			negate(node.expression);
			if (isIfStatement(node) && isExpressionStatement(node.thenStatement)) drop(node.thenStatement);
		} else if (isConditionalExpression(node)) {
			const { condition } = node;
			at({ start: condition.getStart(tree), end: condition.end }, () => negate(condition));
		} else if (isCallExpression(node) && isPush(node) && node.arguments.length > 1) {
			node.arguments.forEach((effect, i) => {
				const next = node.arguments[i + 1];
				const end = next === undefined ? effect.end : next.getStart(tree);
				const start =
					next === undefined ? (node.arguments[i - 1]?.end ?? effect.getStart(tree)) : effect.getStart(tree);
				add("skip an effect", start, end, "", text(effect));
				if (next !== undefined) swap(effect, next);
			});
		} else if (isObjectLiteralExpression(node) && !inFunction) {
			for (const row of node.properties) {
				if (!isPropertyAssignment(row) || isObjectLiteralExpression(row.initializer)) continue;
				const after = source.slice(row.end).startsWith(",") ? row.end + 1 : row.end;
				add("drop a row", row.getStart(tree), after, "", text(row));
			}
		} else if (isArrayLiteralExpression(node) && !inFunction && node.elements.length > 1) {
			const [first, second] = node.elements;
			if (first !== undefined && second !== undefined)
				add("drop a row", first.getStart(tree), second.getStart(tree), "", `${text(first)} of ${text(node)}`);
		}
		const within = inFunction || FUNCTIONS.has(node.kind);
		const listed = within && (isBlock(node) || CLAUSES.has(node.kind));
		node.forEachChild((child) => {
			if (listed && isStatement(child)) at({ start: child.getStart(tree) }, () => visit(child, within));
			else visit(child, within);
		});
	};
	visit(tree, false);
	return found;
}

/**
 * In either order they end up the same: two fields that are given values which are no fields themselves; a reducer's state
 * that becomes another, and an effect that does not read it.
 */
function commute(first: string, second: string): boolean {
	const [a, b] = [first, second].map((statement) => /^this\.(#?\w+) = (?!this\b)[\w.]+;$/.exec(statement)?.[1]);
	if (a !== undefined && b !== undefined) return a !== b;
	return /^this\.(set|patch)\(/.test(first) && /^this\.effects\.push\(/.test(second) && !second.includes("this.now");
}

const FUNCTIONS: ReadonlySet<SyntaxKind> = new Set([
	SyntaxKind.ArrowFunction,
	SyntaxKind.FunctionDeclaration,
	SyntaxKind.FunctionExpression,
	SyntaxKind.MethodDeclaration,
	SyntaxKind.GetAccessor,
	SyntaxKind.Constructor,
	SyntaxKind.CallExpression,
]);

const isPush = (call: Node): boolean =>
	isCallExpression(call) && isPropertyAccessExpression(call.expression) && call.expression.name.text === "push";

const CLAUSES: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.CaseClause, SyntaxKind.DefaultClause]);
