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
	isWhileStatement,
	type Node,
	type SourceFile,
	SyntaxKind,
} from "typescript/unstable/ast";

export type Operator = "drop a statement" | "negate a condition" | "swap two effects" | "skip an effect" | "drop a row";

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
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** All that can be done to one file. */
export function mutantsOf(file: string, tree: SourceFile): readonly Mutant[] {
	const found: Mutant[] = [];
	const source = tree.text;
	const text = (node: Node): string => source.slice(node.getStart(tree), node.end);
	const add = (operator: Operator, start: number, end: number, becomes: string, was: string): void => {
		const line = source.slice(0, start).split("\n").length;
		found.push({ file, line, operator, was: oneLine(was), start, end, becomes });
	};
	const negate = (condition: Node): void =>
		add("negate a condition", condition.getStart(tree), condition.end, `!(${text(condition)})`, text(condition));
	const swap = (first: Node, second: Node): void => {
		const [start, end] = [first.getStart(tree), second.end];
		const between = source.slice(first.end, second.getStart(tree));
		add("swap two effects", start, end, `${text(second)}${between}${text(first)}`, source.slice(start, end));
	};

	const visit = (node: Node, inFunction: boolean): void => {
		if (isBlock(node)) {
			const { statements } = node;
			statements.forEach((statement, i) => {
				if (!isExpressionStatement(statement)) return;
				const start = statement.getStart(tree);
				add("drop a statement", start, statement.end, ";", text(statement));
				const next = statements[i + 1];
				if (next !== undefined && isExpressionStatement(next)) swap(statement, next);
			});
		} else if (isIfStatement(node) || isWhileStatement(node)) {
			negate(node.expression);
			if (isIfStatement(node) && isExpressionStatement(node.thenStatement)) {
				const { thenStatement } = node;
				add("drop a statement", thenStatement.getStart(tree), thenStatement.end, ";", text(thenStatement));
			}
		} else if (isConditionalExpression(node)) negate(node.condition);
		else if (isCallExpression(node) && isPush(node) && node.arguments.length > 1) {
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
		node.forEachChild((child) => visit(child, within));
	};
	visit(tree, false);
	return found;
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
