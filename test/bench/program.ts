/** Programs of the bench: the real hub as a person starts it, and a bare HTTP server to compare it with. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DAEMON_FLAGS } from "../../src/daemon/node.ts";
import { atEnd } from "../support/cleanup.ts";
import { type Home, makeHome } from "../support/home.ts";
import { until } from "../support/until.ts";

const FLAGSHIP = fileURLToPath(new URL("../../bin/flagship.mjs", import.meta.url));
const ECHO = fileURLToPath(new URL("./echo.ts", import.meta.url));

export interface Program {
	readonly url: string;
	readonly pid: number;
	/** Sends it and waits for the end. */
	end(signal: NodeJS.Signals): Promise<void>;
}

async function program(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Program> {
	const child: ChildProcess = spawn(process.execPath, [...args], { env, stdio: ["ignore", "pipe", "pipe"] });
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream?.on("data", (bytes: Buffer) => {
			said += String(bytes);
		});
	}
	const ended = once(child, "exit");
	const end = async (signal: NodeJS.Signals): Promise<void> => {
		child.kill(signal);
		await ended;
	};
	atEnd(() => end("SIGKILL"));
	const url = await until(
		() => {
			if (child.exitCode !== null) throw new Error("it ended");
			return /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
		},
		`${args.at(-1)} to listen; it said: ${said}`,
		30_000,
	);
	return { url, pid: child.pid ?? 0, end };
}

export interface Hub extends Program {
	readonly token: string;
	/** `DATA_DIR` */
	readonly folder: string;
}

export const TOKEN = "the-token-of-the-bench";

/** `flagship hub run` on data of its own, or on what an earlier one left in `folder`. */
export async function startHub(home: Home = makeHome(), folder: string = join(home.root, "data")): Promise<Hub> {
	const env = { ...home.env, PORT: "0", DATA_DIR: folder, VERS_AUTH_TOKEN: TOKEN };
	return { ...(await program([...DAEMON_FLAGS.hub, FLAGSHIP, "hub", "run"], env)), token: TOKEN, folder };
}

/** The hub of a home, found there by the home's host. */
export const startHubOf = (home: Home): Promise<Program> =>
	program([...DAEMON_FLAGS.hub, FLAGSHIP, "hub", "run"], { ...home.env, PORT: "0" });

/** `GET /<n>` is answered with n bytes. */
export const startEcho = (): Promise<Program> => program([ECHO], { PATH: process.env.PATH ?? "" });
