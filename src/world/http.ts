/**
 * `node:http`, by `require`: an `import` reads every export of a built-in module, and one of these loads Node's whole
 * `fetch`. A process that never fetches would pay 13 MB and some 15 ms for it.
 */
import { createRequire } from "node:module";

const http: typeof import("node:http") = createRequire(import.meta.url)("node:http");

export const { Agent, STATUS_CODES, createServer, request } = http;
