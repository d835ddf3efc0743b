/** A real hub on its own data folder, inside the test. */
import { afterAll } from "vitest";
import { type Hub, startHub } from "../../src/hub/hub.ts";
import { realWorld } from "../../src/world/real.ts";
import { makeFolder } from "../support/folder.ts";

export const ADMIN = "admin-secret";

export interface RealHub {
	readonly url: string;
	close(): Promise<void>;
}

export async function realHub(dataFolder: string = makeFolder(), port = 0): Promise<RealHub> {
	const faults: string[] = [];
	const options = { world: realWorld(), host: "127.0.0.1", adminTokens: [ADMIN], version: "0.1.0" };
	let hub: Hub | undefined = await startHub({ ...options, dataFolder, port, complain: (what) => faults.push(what) });
	const close = async (): Promise<void> => {
		const ending = hub;
		hub = undefined;
		await ending?.close();
	};
	afterAll(close);
	return { url: hub.address, close };
}
