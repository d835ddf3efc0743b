/**
 * The host's side of budgets. Before work begins its money is reserved in the hub; each turn is judged beside the agent by
 * what was reserved, with nobody's help; what was spent is told as a sum, again and again until the hub has it. While the
 * hub is away whoever has money goes on with it, and nobody gets any.
 */
import type { Client } from "../../client/client.ts";
import * as contract from "../../contract/budgets.ts";
import { Fault, fault, reason } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { Bound } from "../bounds/bound.ts";
import { shouldRun } from "../lifecycle.ts";
import type { Standing } from "../store/roster.ts";
import type { Store } from "../store/store.ts";
import { Turns } from "../turns.ts";
import { Bulletin } from "./bulletin.ts";
import type { BudgetSettings } from "./settings.ts";
import { ceilingOf, EPSILON, heard, isUsedUp, moreFor, type Share, Shares, spentUnder } from "./share.ts";
import { limitText } from "./tell.ts";
import { Wallets } from "./wallets.ts";

export interface PurseParts {
	readonly world: World;
	readonly store: Store;
	readonly settings: BudgetSettings;
	/** US dollars that are reserved at a time for work whose cap names none. */
	readonly step: number;
	/** The hub, acting with the host's own token. */
	hub(): Client;
	/** Is there a link to it? */
	linked(): boolean;
	/** There is a hub to be linked to. */
	reachable(): boolean;
	/** Waits so long for a link. */
	stands(ms: number): Promise<void>;
	/** Those in service. */
	standing(id: string): Standing | undefined;
	living(): readonly Standing[];
	/** US dollars of its session, also of one that is gone; undefined of one that was never made. */
	costUsd(id: string): number | undefined;
	/** What it may spend has changed. */
	ration(id: string): void;
	/** Stops it, with a report. */
	stop(id: string, limit: string): void;
	/** A notice for its owner; called inside the transaction that makes it true. */
	warn(standing: Standing, text: string): void;
	/** A fleet's money changed: for whoever looks. */
	show(fleet: string, budget: contract.Budget): void;
	complain(what: string): void;
}

export interface Who {
	readonly id: string;
	readonly name: string;
	readonly fleet: string;
	/** US dollars of its session so far. */
	readonly costUsd: number;
	/** Of the session that asks. */
	readonly generation?: number | undefined;
}

export interface Wanted {
	/** What the work's cap names; undefined: it names no dollars, and gets some at a time. */
	readonly usd: number | undefined;
	/** With so much it would do; undefined: all or nothing. */
	readonly least: number | undefined;
}

const HUB_WITHIN_MS = 5_000;
const TIMEOUT = 5_000;

/** It has work and its process should run: it may spend. */
const works = (standing: Standing | undefined): standing is Standing & { readonly bound: Bound } =>
	standing?.bound !== undefined && shouldRun(standing.state);

export class Purse {
	readonly #parts: PurseParts;
	readonly #shares: Shares;
	readonly #wallets: Wallets;
	readonly #bulletin: Bulletin;
	/** Between a reservation and the work that it is for: not given back although nothing is under way. */
	readonly #pending = new Map<string, number>();
	/** Words about one lieutenant go to the hub one after another. */
	readonly #turns = new Map<string, Turns>();
	/** Those about which a word waits to be sent. */
	readonly #due = new Set<string>();
	#polling = false;
	#closed = false;

	constructor(parts: PurseParts) {
		this.#parts = parts;
		this.#shares = new Shares(parts.store);
		this.#wallets = new Wallets(parts.store, parts.settings);
		this.#bulletin = new Bulletin(parts, this.#wallets);
	}

	/** Reserves, then does `work`; refused, it does not. Throws `budget_spent`, `hub_away`, `lease_lost`. */
	async during<T>(who: Who, wanted: Wanted, work: () => Promise<T>): Promise<T> {
		this.#pending.set(who.id, (this.#pending.get(who.id) ?? 0) + 1);
		try {
			await this.#turnsOf(who.id).take(() => this.#reserve(who, wanted));
			return await work();
		} finally {
			const left = (this.#pending.get(who.id) ?? 1) - 1;
			if (left > 0) this.#pending.set(who.id, left);
			else this.#pending.delete(who.id);
			this.look(who.id);
		}
	}

	/** Limits what one that is being made may spend in all its work; decided in the hub or not at all. */
	async limit(fleet: string, lieutenant: string, usd: number): Promise<void> {
		await this.#parts.stands(HUB_WITHIN_MS);
		await this.#parts.hub().call(contract.set, { fleet, lieutenant, usd }, { timeout: TIMEOUT });
		this.#wallets.own(lieutenant, usd);
	}

	/** What this one may spend in all its work, where somebody said so. */
	ownLimit(lieutenant: string): number | undefined {
		return this.#wallets.ownLimit(lieutenant);
	}

	/** After a turn: the limit that it has met, in words. While there is a hub to ask for more, that is asked first. */
	met({ spec, costUsd }: Standing): string | undefined {
		const share = this.#shares.get(spec.id);
		if (share?.state !== "open" || !isUsedUp(share, costUsd)) return undefined;
		if (share.by === undefined && share.held !== true && this.#parts.linked()) return undefined;
		const limit =
			share.by === "lieutenant" ? this.#wallets.ownLimit(spec.id) : this.#wallets.fleet(share.fleet)?.limitUsd;
		return limitText(share, limit);
	}

	/** As `met`, and the hub is told of the turn; one that it cannot be told of holds at what there is. */
	spent(standing: Standing): string | undefined {
		const { id } = standing.spec;
		const share = this.#shares.get(id);
		if (share?.state === "open" && !this.#parts.linked() && moreFor(share, standing.costUsd, this.#parts.step) > 0) {
			this.#shares.save(id, { ...share, held: true });
			this.#parts.ration(id);
		}
		this.look(id);
		return this.met(standing);
	}

	/** US dollars of its session beyond which it gets nothing. */
	ceiling(id: string): number | undefined {
		return ceilingOf(this.#shares.get(id));
	}

	/** A turn was paid for, or its work came to an end: the hub is told. `anew`: though there is nothing new of it. */
	look(id: string, anew = false): void {
		if (this.#closed || this.#due.has(id) || !this.#parts.linked() || !(anew || this.#shouldTell(id))) return;
		this.#due.add(id);
		this.#turnsOf(id)
			.take(async () => {
				this.#due.delete(id);
				if (!this.#closed && this.#parts.linked()) await this.#tell(id, anew);
			})
			.catch((thrown) => this.#failed(id, thrown));
	}

	/** Its row changes in the transaction that is under way: the end of its work and of its money are one. */
	saved(standing: Standing): void {
		const { id } = standing.spec;
		const share = this.#shares.get(id);
		if (share === undefined) return;
		if (share.state === "open" && !works(standing) && !this.#pending.has(id))
			this.#shares.save(id, { ...share, state: "over" });
		this.#parts.world.clock.soon(() => this.look(id));
	}

	/** Every few seconds: what was not told is told, who works without money gets some, and a limit that was set is seen. */
	tick(): void {
		if (this.#closed || !this.#parts.linked()) return;
		for (const id of this.#shares.ids()) {
			const gone = this.#parts.standing(id) === undefined && !this.#pending.has(id);
			if (gone && this.#shares.get(id)?.state === "closed" && !this.#shouldTell(id)) this.#shares.forget(id);
			else this.look(id);
		}
		if (this.#polling) return;
		this.#polling = true;
		void this.#poll()
			.catch((thrown) => this.#failed("the fleet", thrown))
			.finally(() => {
				this.#polling = false;
			});
	}

	/** All that this host has to tell is told. */
	get quiet(): boolean {
		return this.#shares.ids().every((id) => this.#shares.get(id)?.state === "closed");
	}

	/** How a fleet's money stood when last heard. */
	budget(fleet: string): contract.Budget | undefined {
		return this.#wallets.fleet(fleet);
	}

	close(): void {
		this.#closed = true;
	}

	async #reserve(asked: Who, { usd, least }: Wanted): Promise<void> {
		// It may have gone on spending while other words about it were on their way, and the hub heard of that: with the sum
		// from before, what came since would be counted twice.
		const who = { ...asked, costUsd: this.#parts.costUsd(asked.id) ?? asked.costUsd };
		const { step, linked, reachable, stands, store } = this.#parts;
		const limited = this.#wallets.limited(who.fleet, who.id);
		// A host that has just begun knows neither limit nor link yet.
		const wait = limited || (reachable() && this.#wallets.fleet(who.fleet) === undefined);
		if (!linked() && wait) await stands(HUB_WITHIN_MS);
		const before = this.#shares.get(who.id);
		const amount = usd ?? step;
		const enough = least ?? amount;
		try {
			if (!linked()) throw fault("hub_away", "");
			// Nothing is written here or there where nothing is limited.
			if (!limited && !(await this.#limitedNow(who))) return;
			const share = store.transaction(() => this.#next(who, usd));
			await this.#ask(who, share, amount, enough);
		} catch (thrown) {
			// An older hub that knows of no budgets has none.
			const away = thrown instanceof Fault && (thrown.status >= 500 || thrown.code === "not_found");
			if (!away) throw thrown;
			if (limited && !this.#underOwn(who, before, usd, amount, enough)) throw thrown;
		}
	}

	async #limitedNow({ id, fleet }: Who): Promise<boolean> {
		await this.#show(fleet, this.#parts.standing(id));
		return this.#wallets.limited(fleet, id);
	}

	/** The share under which new work begins; stored before the hub is asked. Another fleet's money stays with that one. */
	#next(who: Who, usd: number | undefined): Share {
		const known = this.#shares.get(who.id);
		const same = known?.fleet === who.fleet ? known : undefined;
		const from = same?.from ?? who.costUsd;
		const told = spentUnder({ from }, who.costUsd);
		const share: Share = {
			...{ fleet: who.fleet, name: who.name, n: this.#parts.store.count(), from, told },
			granted: same?.granted ?? 0,
			...(same?.by === undefined ? {} : { by: same.by }),
			until: usd === undefined ? null : told + usd,
			state: same?.state === "open" ? "open" : "asked",
		};
		this.#shares.save(who.id, share);
		return share;
	}

	/** Asks the hub, and keeps what it answers. Refused or not heard, what there was before still stands. */
	async #ask(who: Omit<Who, "costUsd">, share: Share, usd: number, leastUsd: number): Promise<void> {
		const { id, name, fleet, generation } = who;
		const words = { fleet, lieutenant: id, name, n: share.n, spentUsd: share.told, usd, leastUsd };
		const input = { ...words, ...(generation === undefined ? {} : { generation }) };
		const answer = await this.#parts.hub().call(contract.reserve, input, { timeout: TIMEOUT });
		// What the hub had heard of it before this host knew: both count from the same zero then.
		const ahead = Math.max(0, answer.spentUsd - share.told);
		const { by: _by, held: _held, ...rest } = share;
		this.#shares.save(id, {
			...rest,
			from: share.from - ahead,
			until: share.until === null ? null : share.until + ahead,
			granted: answer.grantedUsd ?? 0,
			told: Math.max(share.told, answer.spentUsd),
			state: answer.grantedUsd === undefined ? "closed" : "open",
			...(answer.by === undefined ? {} : { by: answer.by }),
		});
		this.#parts.ration(id);
		this.#bulletin.answered(id, fleet, answer);
	}

	/**
	 * The hub is away: what it has reserved for this lieutenant, and was never asked to take back, is still there for it.
	 * Whether it heard the newest word is not known, so no more of it is used than both that and the last one give.
	 */
	#underOwn(who: Who, before: Share | undefined, usd: number | undefined, amount: number, enough: number): boolean {
		if (before?.fleet !== who.fleet || (before.state !== "open" && before.state !== "over")) return false;
		const spent = spentUnder(before, who.costUsd);
		const granted = Math.min(before.granted, spent + amount);
		if (granted - spent < enough - EPSILON || granted <= spent) return false;
		const n = Math.max(before.n, this.#shares.get(who.id)?.n ?? 0);
		const until = usd === undefined ? null : spent + usd;
		this.#shares.save(who.id, { ...before, n, granted, until, held: true, state: "open" });
		return true;
	}

	#shouldTell(id: string): boolean {
		const share = this.#shares.get(id);
		if (share === undefined || this.#pending.has(id)) return false;
		const unsettled = this.#spentUnder(id, share) > share.told + EPSILON;
		if (share.state === "closed") return unsettled;
		return share.state !== "open" || !works(this.#parts.standing(id)) || unsettled;
	}

	/** All of it: the last answers of one that is gone count, too. */
	#spentUnder(id: string, share: Share): number {
		const costUsd = this.#parts.costUsd(id);
		return costUsd === undefined ? share.told : spentUnder(share, costUsd);
	}

	/** One word about its money: more is asked for, what was spent is told, or the rest is given back. */
	async #tell(id: string, anew: boolean): Promise<void> {
		const standing = this.#parts.standing(id);
		const share = this.#shares.get(id);
		if (share === undefined || !(anew || this.#shouldTell(id))) return;
		// Work without a reservation gets one with the next tick.
		if (share.state === "asked" && works(standing)) return;
		const spent = this.#spentUnder(id, share);
		if (share.state === "open" && works(standing)) await this.#goOn(id, share, spent, standing.costUsd);
		else await this.#giveBack(id, share, spent);
	}

	async #goOn(id: string, share: Share, spent: number, costUsd: number): Promise<void> {
		const more = moreFor(share, costUsd, this.#parts.step);
		if (more > 0) {
			const asked = { ...share, n: this.#parts.store.count(), told: spent };
			this.#shares.save(id, { ...asked, told: share.told });
			await this.#ask({ id, name: share.name, fleet: share.fleet }, asked, more, 0);
		} else {
			const answer = await this.#settle(id, share, spent, true);
			const now = this.#shares.get(id);
			if (now !== undefined) this.#shares.save(id, heard(now, answer, share.n));
			if (now?.granted !== this.#shares.get(id)?.granted) this.#parts.ration(id);
			this.#bulletin.answered(id, share.fleet, answer);
		}
		this.#judge(id);
	}

	async #giveBack(id: string, share: Share, spent: number): Promise<void> {
		if (share.state !== "closed") this.#shares.save(id, { ...share, state: "giving" });
		const answer = await this.#settle(id, share, spent, false);
		this.#shares.save(id, { ...share, told: Math.max(spent, answer.spentUsd), state: "closed" });
		this.#bulletin.answered(id, share.fleet, answer);
	}

	#settle(id: string, { fleet, name, n }: Share, spentUsd: number, open: boolean): Promise<contract.ShareAnswer> {
		const input = { fleet, lieutenant: id, name, n, spentUsd, open };
		return this.#parts.hub().call(contract.settle, input, { timeout: TIMEOUT });
	}

	/** What was heard may leave it nothing, with a turn still under way. */
	#judge(id: string): void {
		const standing = this.#parts.standing(id);
		const limit = works(standing) ? this.met(standing) : undefined;
		if (limit !== undefined) this.#parts.stop(id, limit);
	}

	async #poll(): Promise<void> {
		const living = this.#parts.living();
		for (const fleet of new Set(living.map(({ owner }) => owner)))
			await this.#show(
				fleet,
				living.find(({ owner }) => owner === fleet),
			);
		for (const { spec } of living) await this.#late(spec.id);
	}

	/** Asks how a fleet's money stands. */
	async #show(fleet: string, standing: Standing | undefined): Promise<void> {
		const {
			fleet: _,
			lieutenants,
			...budget
		} = await this.#parts.hub().call(contract.show, { fleet }, { timeout: TIMEOUT });
		for (const { id, limitUsd } of lieutenants) this.#wallets.own(id, limitUsd);
		this.#bulletin.fleet(fleet, budget, standing);
		const { limitUsd = Number.POSITIVE_INFINITY, spentUsd, reservedUsd } = budget;
		if (spentUsd + reservedUsd <= limitUsd + EPSILON) return;
		// The limit was lowered below what is reserved: whoever speaks next gives back.
		for (const id of this.#shares.ids()) if (this.#shares.get(id)?.fleet === fleet) this.look(id, true);
	}

	/** It works, there is a limit, and nothing was reserved: the limit is newer than its work, or nobody gave it that. */
	async #late(id: string): Promise<void> {
		const standing = this.#parts.standing(id);
		if (!works(standing) || this.#pending.has(id)) return;
		const { spec, owner, costUsd, bound } = standing;
		if (this.#shares.get(spec.id)?.state === "open" || !this.#wallets.limited(owner, spec.id)) return;
		const left = bound.cap.usd === undefined ? undefined : Math.max(0, bound.cap.usd - (costUsd - bound.from.usd));
		const who = { id: spec.id, name: spec.name, fleet: owner, costUsd };
		await this.during(who, { usd: left, least: 0 }, async () => this.#judge(spec.id));
	}

	#turnsOf(id: string): Turns {
		const known = this.#turns.get(id) ?? new Turns();
		this.#turns.set(id, known);
		return known;
	}

	/** A hub that is away is asked again with the next tick; anything else is said. */
	#failed(what: string, thrown: unknown): void {
		if (this.#closed || (thrown instanceof Fault && thrown.status >= 500)) return;
		this.#parts.complain(`budget of ${what}: ${reason(thrown)}`);
	}
}
