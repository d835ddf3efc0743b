/** The pis that are tested against: the one installed beside this package, and another that `NEWEST_PI` names. */
import { resolve } from "node:path";

const installed = "../../../node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js";
const newest = process.env.NEWEST_PI;

export const pis: readonly { readonly version: string; readonly script: string }[] = [
	{ version: "0.87.1", script: resolve(import.meta.dirname, installed) },
	...(newest === undefined ? [] : [{ version: "1.5.2", script: newest }]),
];
