/** Eight who write without a pause: how long each of them waits for its answer. */
import type { Hub } from "./program.ts";
import { bytesOf, succeeded, Wire } from "./wire.ts";

const WRITERS = 8;

/** How long each write took, ms, for as long as it `goesOn`. */
export async function writing(hub: Hub, goesOn: () => boolean): Promise<number[]> {
	const times: number[] = [];
	const writer = async (first: number): Promise<void> => {
		const wire = await Wire.to(hub.url);
		for (let n = first; goesOn(); n++) {
			const [path, body] =
				n % 2 === 0
					? ["/log", { text: `entry ${n} of the writers`, agent: "bench" }]
					: ["/board/tasks", { title: `task ${n} of the writers`, createdBy: "bench" }];
			const from = performance.now();
			succeeded(await wire.ask(bytesOf({ method: "POST", path: `${path}`, token: hub.token, body })));
			times.push(performance.now() - from);
		}
		wire.close();
	};
	await Promise.all(Array.from({ length: WRITERS }, (_, n) => writer(n)));
	return times;
}

export const writingFor = (hub: Hub, ms: number): Promise<number[]> => {
	const end = performance.now() + ms;
	return writing(hub, () => performance.now() < end);
};
