/** One lieutenant's post in a host, without a process: its real register, outbox and store, and what it brings about. */
import type { NoticeType } from "../../src/contract/link.ts";
import type { Verdict } from "../../src/host/bounds/check.ts";
import type { StopRecord } from "../../src/host/bounds/report.ts";
import { BOUND_DEFAULTS } from "../../src/host/bounds/settings.ts";
import type { Look } from "../../src/host/journal.ts";
import type { Place } from "../../src/host/places/place.ts";
import type { Quarters } from "../../src/host/quarters.ts";
import { Register } from "../../src/host/register.ts";
import { Outbox } from "../../src/host/store/outbox.ts";
import { Roster, type Standing } from "../../src/host/store/roster.ts";
import { realWorld } from "../../src/world/real.ts";
import { TestStore } from "./database.ts";
import { standing } from "./looks.ts";

export const ID = standing.spec.id;

export class Post {
	readonly store = new TestStore().store;
	readonly outbox = new Outbox(this.store);
	readonly roster = new Roster(this.store);
	readonly notices: { readonly type: NoticeType; readonly text: string }[] = [];
	readonly records: StopRecord[] = [];
	/** Names of the reports that were left. */
	readonly reports: string[] = [];
	readonly allowances: unknown[] = [];
	/** What a check finds; each call waits for its own turn. */
	readonly checks: { readonly found: (verdict: Verdict) => void; readonly failed: (thrown: Error) => void }[] = [];
	/** Wall time, ms. */
	now = Date.UTC(2026, 0, 1);
	/** The budget that is met. */
	spent: string | undefined;
	readonly quarters: Quarters;
	readonly register: Register;
	#ids = 0;

	constructor(facts: Partial<Standing> = {}, more: Partial<Quarters> = {}) {
		const world = realWorld();
		const place: Partial<Place> = {
			allow: (_id, allowance) => void this.allowances.push(allowance),
			leave: (_id, file) => {
				this.reports.push(file);
				return `/reports/${file}`;
			},
		};
		const quarters: Partial<Quarters> = {
			world: { ...world, clock: { ...world.clock, now: () => this.now } },
			...{ store: this.store, outbox: this.outbox, place: place as Place, bounds: BOUND_DEFAULTS, evidence: "changes" },
			newId: () => `01JD00000000000000${String(++this.#ids).padStart(8, "0")}`,
			save: (one) => this.roster.save(one),
			notify: (_one, type, text) => void this.notices.push({ type, text }),
			keep: (_one, record) => void this.records.push(record),
			check: () => new Promise<Verdict>((found, failed) => void this.checks.push({ found, failed })),
			spent: () => this.spent,
			ceiling: () => undefined,
			...more,
		};
		this.quarters = quarters as Quarters;
		this.register = new Register(this.quarters, { ...standing, state: "working", lives: 1, ...facts });
	}

	/** As stored. */
	get stored(): Standing | undefined {
		return this.roster.get(ID);
	}

	/** What is told to the lieutenant, oldest first. */
	get messages() {
		return this.outbox.open(ID);
	}

	/** A look is taken in, as after each turn. */
	counted(look: Look): Look {
		this.register.counted(look);
		return look;
	}
}
