/** The one place that knows how the page is drawn: Preact, with templates in place of a build step. */
import htm from "./lib-htm.js";
import { h } from "./lib-preact.js";

export { useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./lib-hooks.js";
export { Component, createContext, h, render } from "./lib-preact.js";

/** @typedef {import("./lib-preact.js").VNode} VNode */
/** @typedef {import("./lib-preact.js").ComponentChildren} Children */

/** @type {(strings: TemplateStringsArray, ...values: unknown[]) => VNode} */
export const html = htm.bind(h);
