/** The feed as calm lines, as it happens. It resumes where it was when the hub has been away. */
import type { Client } from "../client/client.ts";
import type { Subscription } from "../client/stream.ts";
import { type FeedEvent, stream } from "../contract/feed.ts";
import type { Clock } from "../world.ts";

export class Narrator {
	readonly #clock: Clock;
	readonly #out: (text: string) => void;
	readonly #since: number;
	#feed: Subscription | undefined;

	constructor(clock: Clock, out: (text: string) => void) {
		this.#clock = clock;
		this.#out = out;
		this.#since = clock.elapsed();
	}

	/** Since the demo began, with one decimal. */
	get seconds(): number {
		return Math.round((this.#clock.elapsed() - this.#since) / 100) / 10;
	}

	say(who: string, text: string): void {
		const head = `${this.seconds.toFixed(1).padStart(6)}  ${who.padEnd(12)}  `;
		this.#out(head + text.replaceAll("\n", `\n${" ".repeat(head.length)}`));
	}

	/** Follows the hub's feed from its first event. */
	follow(hub: Client): void {
		this.#feed = hub.subscribe(
			stream,
			{},
			{
				since: "0",
				onEvent: (event) => {
					const text = told(event);
					if (text !== undefined) this.say(event.agent, text);
				},
			},
		);
	}

	close(): void {
		this.#feed?.close();
	}
}

const WIDTH = 100;

/** What a person wants to hear of an event; undefined for the many that only a machine counts. */
export function told({ type, summary, detail, metadata }: FeedEvent): string | undefined {
	switch (type) {
		case "task_created":
			return `puts on the board: ${summary}`;
		case "task_claimed":
			return `takes: ${summary}`;
		case "task_updated":
			return field(detail, "status") === "done" ? `closes: ${summary}` : undefined;
		case "lieutenant_state":
			return field(detail, "before") === null ? "is created, in a worktree of its own" : undefined;
		case "lieutenant_completion":
			return "is done";
		case "lieutenant_death":
		case "lieutenant_stall":
			return short(summary);
		case "log_appended":
			return `logs: ${short(summary)}`;
		case "custom":
			return field(metadata, "gate") === undefined ? undefined : `is told by the gate: ${short(summary)}`;
		default:
			return undefined;
	}
}

const field = (value: unknown, name: string): unknown =>
	typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

/** The first line, or as much as fits. */
function short(text: string): string {
	const [line = ""] = text.split("\n");
	return line.length <= WIDTH ? line : `${line.slice(0, WIDTH).replace(/\s\S*$/, "")} …`;
}
