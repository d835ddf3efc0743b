/** Keeps what the live state is made of at hand, so that a request need not wait for it. */
import type { HostClient } from "../client/host.ts";
import type { Lieutenant } from "../contract/lieutenants.ts";
import type { World } from "../world.ts";
import { liveState, type OpenTasks } from "./live-state.ts";
import { TaskWatch } from "./open-tasks.ts";

export interface LiveWatchOptions {
	readonly clock: World["clock"];
	readonly host: HostClient;
	/** Asks the hub for the open tasks; throws a `Fault` when it does not answer. */
	ask(): Promise<OpenTasks>;
}

export class LiveWatch {
	readonly #options: LiveWatchOptions;
	readonly #tasks: TaskWatch;
	readonly #stop: () => void;
	readonly #told = Promise.withResolvers<void>();
	#rowsTold = false;

	constructor(options: LiveWatchOptions) {
		this.#options = options;
		this.#tasks = new TaskWatch(options.clock, options.ask);
		this.#stop = options.host.listen({
			onLieutenants: () => {
				this.#rowsTold = true;
				this.#told.resolve();
			},
		});
	}

	/** Asks for what may have changed, and waits for it at most `ms`; 0 waits for nothing. Never rejects. */
	async refresh(ms: number): Promise<void> {
		const fresh = Promise.all([this.#told.promise, this.#tasks.refresh()]).then(() => undefined);
		if (ms === 0) return;
		const { promise: late, resolve } = Promise.withResolvers<void>();
		const timer = this.#options.clock.after(ms, resolve);
		await Promise.race([fresh, late]);
		timer.cancel();
	}

	/** The block for a request that shows the notices `present`. */
	state(present: ReadonlySet<string>): string | undefined {
		const { host, clock } = this.#options;
		return liveState({
			rows: this.#rowsTold ? this.#own() : undefined,
			tasks: this.#tasks.tasks,
			notices: [...host.notices.values()].filter((notice) => !present.has(notice.id)),
			hostAway: host.state.type === "away" ? host.state.why.message : undefined,
			hubAway: this.#tasks.away,
			now: clock.now(),
		});
	}

	close(): void {
		this.#stop();
	}

	/** An observer watches the fleet of the name that it asked for. */
	#own(): readonly Lieutenant[] {
		const { lease, lieutenants } = this.#options.host;
		const owner = lease?.own === false ? lease.name.replace(/#\d+$/, "") : lease?.name;
		return [...lieutenants.values()].filter((row) => row.owner === owner);
	}
}
