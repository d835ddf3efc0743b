/**
 * A backup from a hub over HTTP: the hub makes one of itself and names it; the file is fetched, and taken up again where
 * it was cut off. The token comes from the environment or the home, never from an argument.
 */
import { open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { createClient } from "../client/client.ts";
import * as contract from "../contract/backups.ts";
import type { Environment, Home } from "../daemon/home.ts";
import { livingDaemon } from "../daemon/run-file.ts";
import { readAdminToken } from "../daemon/token.ts";
import { fault, reason } from "../errors.ts";
import { request as plainRequest } from "../world/http.ts";
import type { World } from "../world.ts";
import type { Source } from "./take.ts";

interface Here {
	readonly world: World;
	readonly home: Home;
	readonly env: Environment;
	readonly version: string;
}

/** Times that a cut connection is taken up again without a byte in between. */
const RETRIES = 5;
const PAUSE_MS = 500;
/** Without a byte for so long a connection is taken for cut. */
const SILENT_MS = 30_000;

/** Throws `usage` for what is no address. */
export function hubSource(here: Here, from: string): Source {
	const url = URL.parse(from);
	const plain =
		url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
	if (!plain)
		throw fault("usage", `--from is '${from}'; it must be ssh:<host> or an address such as https://hub.example.org.`);
	const base = url.href.replace(/\/+$/, "");
	return async (file) => {
		const token = tokenFor(here, base);
		const client = createClient({ world: here.world, version: here.version, resolve: () => ({ url: base, token }) });
		try {
			const made = await client.call(contract.make, {});
			await download(here.world, { address: `${base}/backups/${made.name}`, token, size: made.size }, file);
		} finally {
			client.close();
		}
	};
}

/** `VERS_AUTH_TOKEN`; for this home's own hub its admin file. */
function tokenFor({ world, home, env }: Here, base: string): string {
	const own = livingDaemon(world, home, "hub")?.address === base ? readAdminToken(world, home.hub) : undefined;
	const token = own ?? (env.VERS_AUTH_TOKEN || undefined);
	if (token === undefined) throw fault("unauthorized", `A backup of ${base} wants an admin token.`);
	return token;
}

interface Wanted {
	readonly address: string;
	readonly token: string;
	readonly size: number;
}

async function download(world: World, wanted: Wanted, file: string): Promise<void> {
	const handle = await open(file, "wx", 0o600);
	try {
		let at = 0;
		for (let failures = 0; at < wanted.size; ) {
			try {
				for await (const chunk of await answerFrom(wanted, at)) {
					await handle.write(chunk as Buffer, 0, undefined, at);
					at += (chunk as Buffer).length;
					failures = 0;
				}
			} catch (thrown) {
				if (!isCut(thrown) || ++failures > RETRIES) throw cut(wanted, at, thrown);
				await new Promise<void>((resolve) => world.clock.after(PAUSE_MS, resolve));
			}
		}
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Of the connection, not of this disk. */
const isCut = (thrown: unknown): boolean =>
	thrown instanceof Error &&
	"code" in thrown &&
	/^(?:E(?:CONN|PIPE|TIMEDOUT|HOST|NET)|ERR_STREAM)/.test(String(thrown.code));

const cut = ({ address, size }: Wanted, at: number, thrown: unknown): unknown =>
	isCut(thrown)
		? fault("backup_failed", "fetched", `${address} was cut off at byte ${at} of ${size}: ${reason(thrown)}`)
		: thrown;

async function answerFrom({ address, token }: Wanted, at: number): Promise<IncomingMessage> {
	const url = new URL(address);
	const ask = url.protocol === "https:" ? (await import("node:https")).request : plainRequest;
	const headers = { authorization: `Bearer ${token}`, ...(at === 0 ? {} : { range: `bytes=${at}-` }) };
	return await new Promise((resolve, reject) => {
		const request = ask(url, { headers, timeout: SILENT_MS, agent: false }, (answer) => {
			const fits = answer.statusCode === (at === 0 ? 200 : 206);
			if (fits) return resolve(answer);
			answer.resume();
			reject(fault("backup_failed", "fetched", `${address} answered ${answer.statusCode} from byte ${at} on`));
		});
		request.on("timeout", () => request.destroy(Object.assign(new Error("no byte came"), { code: "ETIMEDOUT" })));
		request.on("error", reject);
		request.end();
	});
}
