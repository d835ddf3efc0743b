import type { VNode } from "preact";

/** As its package tells it, but for a default export that compilers and browsers see alike. */
declare const htm: {
	bind(make: (...parts: never[]) => VNode): (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
};

export default htm;
