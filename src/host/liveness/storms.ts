/** Holds a host's lieutenants back while their provider asks for less, and lets them go one after another. */
import type { Cause } from "../../contract/cause.ts";
import type { Timer, World } from "../../world.ts";
import type { Standing } from "../store/roster.ts";
import type { KeptStorm, KeptStorms } from "../store/storms.ts";
import type { LivenessSettings } from "./settings.ts";
import { CALM, pauseOf, type Storm, type StormEvent, weather } from "./storm.ts";

/** A lieutenant, as far as a provider is concerned. */
export interface Sender {
	readonly standing: Standing;
	/** It has something that is not sent because it is held back. */
	readonly waiting: boolean;
	/** Held back until then, by the wall; undefined: it may send. */
	hold(until: string | undefined): void;
	tell(text: string, cause: Cause): void;
}

export interface StormsParts {
	readonly world: World;
	readonly settings: LivenessSettings;
	readonly kept: KeptStorms;
	fleet(): readonly Sender[];
}

/** ms that the fleet of a host that has just started needs to say who has something to send. */
const MET_MS = 10_000;

interface Sky {
	storm: Storm;
	/** By the wall, while it holds. */
	until: string | undefined;
	timer: Timer | undefined;
}

const idOf = ({ standing }: Sender): string => standing.spec.id;

/** Of `provider/model`; those without a model of their own share pi's default. */
export const providerOf = ({ standing }: Sender): string =>
	standing.spec.model?.split("/")[0] ?? "of pi's default model";

export class Storms {
	readonly #parts: StormsParts;
	readonly #skies = new Map<string, Sky>();

	constructor(parts: StormsParts) {
		this.#parts = parts;
		for (const storm of parts.kept.all()) this.#goOn(storm);
	}

	/** The host before this one held its fleet back, and has told it. */
	#goOn({ provider, step, until, out }: KeptStorm): void {
		const { world, settings } = this.#parts;
		const left = Date.parse(until) - world.clock.now();
		// Never longer than a pause can be: the clock may have been set back since.
		const ms = Math.min(Math.max(left, MET_MS), pauseOf(step, 1, settings) + MET_MS);
		const hold = { step, until: world.clock.elapsed() + ms, out: new Set(out), due: true };
		const timer = world.clock.after(ms, () => this.#due(provider));
		const wall = new Date(world.clock.now() + ms).toISOString();
		this.#skies.set(provider, { storm: { refused: new Map(), hold }, until: wall, timer });
	}

	/** One was refused; `final`: its pi asks no more by itself. */
	refused(sender: Sender, final: boolean): void {
		const { clock, random } = this.#parts.world;
		const event = {
			type: "refused",
			who: idOf(sender),
			at: clock.elapsed(),
			final,
			chance: random.fraction(),
		} as const;
		this.#take(providerOf(sender), event);
	}

	/** One that comes new into a storm waits like the others. */
	join(sender: Sender): void {
		const until = this.#skies.get(providerOf(sender))?.until;
		if (until !== undefined) sender.hold(until);
	}

	close(): void {
		for (const { timer } of this.#skies.values()) timer?.cancel();
	}

	#take(provider: string, event: StormEvent): void {
		const { world, settings } = this.#parts;
		const sky = this.#skies.get(provider) ?? { storm: CALM, until: undefined, timer: undefined };
		this.#skies.set(provider, sky);
		const { storm, effects } = weather(sky.storm, event, settings);
		sky.storm = storm;
		for (const effect of effects) {
			switch (effect.type) {
				case "hold":
					sky.until = new Date(world.clock.now() + effect.until - event.at).toISOString();
					if (effect.first) this.#tell(provider, sky.until);
					for (const sender of this.#of(provider)) sender.hold(sky.until);
					break;
				case "release":
					for (const sender of this.#of(provider)) if (idOf(sender) === effect.who) sender.hold(undefined);
					break;
				case "wait":
					sky.timer?.cancel();
					sky.timer = world.clock.after(effect.ms, () => this.#due(provider));
					break;
				case "calm":
					sky.until = undefined;
					for (const sender of this.#of(provider)) sender.hold(undefined);
					break;
			}
		}
		this.#keep(provider, sky);
	}

	#keep(provider: string, { storm: { hold }, until }: Sky): void {
		const { kept } = this.#parts;
		if (hold === undefined || until === undefined) kept.forget(provider);
		else kept.keep({ provider, step: hold.step, until, out: [...hold.out] });
	}

	#due(provider: string): void {
		const { clock, random } = this.#parts.world;
		const waiting = this.#of(provider)
			.filter((sender) => sender.waiting)
			.map(idOf);
		this.#take(provider, { type: "due", at: clock.elapsed(), waiting, chance: random.fraction() });
	}

	#of(provider: string): readonly Sender[] {
		return this.#parts.fleet().filter((sender) => providerOf(sender) === provider);
	}

	/** Once for each owner, however many of its lieutenants are concerned and however long it lasts. */
	#tell(provider: string, until: string): void {
		for (const group of Map.groupBy(this.#of(provider), ({ standing }) => standing.owner).values())
			group[0]?.tell(stormText(provider, until), { type: "throttled", until });
	}
}

export const stormText = (provider: string, until: string): string =>
	`The provider ${provider} asks for less (too many requests). Work for its lieutenants waits until ${until.slice(11, 19)} UTC and then goes out one after another; while it goes on they wait longer. Nothing is lost, and this is told once.\nNext: nothing; if it comes often, fewer lieutenants at once, or another model for some.`;
