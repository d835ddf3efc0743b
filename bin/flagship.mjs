#!/usr/bin/env node
/**
 * The one entry that runs outside pi: the command line, and what starts hub and host. It must parse on every Node from
 * 18 on, so that an old one can say what it lacks; where a newer one is at hand, it goes on with that.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as osConstants } from "node:os";
import { fileURLToPath } from "node:url";

/** @type {readonly [number, number]} */
const NEEDED = [22, 19];

/** @param {string} version such as "22.19.0" */
function isEnough(version) {
	const [major = 0, minor = 0] = version.split(".").map(Number);
	return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** @param {string} file */
function isProgram(file) {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		// Not there, or not for us: the next candidate.
		return false;
	}
}

/** @param {string} node */
function versionOf(node) {
	const asked = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8", timeout: 10_000 });
	return asked.status === 0 ? asked.stdout.trim() : "0";
}

/** Another Node that is new enough: the one named by FLAGSHIP_NODE, or one installed beside the package. */
function newerNode() {
	const candidates = [
		process.env.FLAGSHIP_NODE,
		fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url)),
		fileURLToPath(new URL("../../.bin/node", import.meta.url)),
	];
	return candidates.find((node) => node !== undefined && isProgram(node) && isEnough(versionOf(node)));
}

/**
 * The same command on another Node; its end, by code or signal, is ours.
 *
 * @param {string} node
 */
function runWith(node) {
	const ended = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
	return ended.status ?? 128 + (osConstants.signals[ended.signal ?? "SIGTERM"] ?? 0);
}

async function start() {
	if (isEnough(process.versions.node)) {
		await import("./strip.mjs");
		const { main } = await import("../src/cli/main.ts");
		return main(process.argv.slice(2));
	}
	const node = newerNode();
	if (node !== undefined) return runWith(node);
	process.stderr.write(
		`Flagship needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node} (${process.execPath}).\n` +
			"Install a newer Node, or set FLAGSHIP_NODE to the path of one.\n",
	);
	return 1;
}

process.exitCode = await start();
