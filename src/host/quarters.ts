/** What a lieutenant needs of its host. */
import type { Cause } from "../contract/cause.ts";
import type { NoticeType } from "../contract/link.ts";
import type { Death } from "../pi/cut.ts";
import type { World } from "../world.ts";
import type { Bound, Evidence } from "./bounds/bound.ts";
import type { Verdict } from "./bounds/check.ts";
import type { StopRecord } from "./bounds/report.ts";
import type { BoundSettings } from "./bounds/settings.ts";
import type { Look } from "./journal.ts";
import type { LivenessSettings } from "./liveness/settings.ts";
import type { Employment, Place } from "./places/place.ts";
import type { Outbox } from "./store/outbox.ts";
import type { Standing } from "./store/roster.ts";
import type { Store } from "./store/store.ts";

export interface Quarters {
	readonly world: World;
	readonly store: Store;
	readonly outbox: Outbox;
	readonly place: Place;
	readonly hostId: string;
	/** ULID of this start of the host. */
	readonly start: string;
	newId(): string;
	/** What its process is started with; asked at each start, since hub and token may have changed. */
	employment(standing: Standing): Employment;
	/** Names of keys that it needs and this machine does not have since it started. */
	missing(standing: Standing): readonly string[];
	/** Stores the row and tells whoever looks. Called inside the transaction that changes it. */
	save(standing: Standing): void;
	notify(standing: Standing, type: NoticeType, text: string, cause?: Cause): void;
	/** A receipt changed; the message is stored already. */
	receipt(id: string): void;
	/** What its session holds so far, for whoever reads along. */
	said(standing: Standing, look: Look): void;
	/** What its session has used, as far as the file tells; `death`, once, after its process has ended. */
	used(standing: Standing, look: Look, death?: Death): void;
	/** A summary of its conversation was given up. */
	summaryCut(standing: Standing, look: Look): void;
	/** What it did and did not log, once it has ended for good. */
	owed(standing: Standing, look: Look): void;
	readonly bounds: BoundSettings;
	readonly liveness: LivenessSettings;
	/** By what its progress is told. */
	readonly evidence: Evidence;
	/** Is there what was due? Looks in its workspace and on the board; may take minutes. */
	check(standing: Standing, bound: Bound, look: Look): Promise<Verdict>;
	/** A turn was paid for. Which budget it has met, in words, or undefined. */
	spent(standing: Standing): string | undefined;
	/** US dollars of its session beyond which it gets no more money. */
	ceiling(id: string): number | undefined;
	/** For the hub, in the lieutenant's name. Called inside the transaction that makes it true. */
	keep(standing: Standing, record: StopRecord): void;
	/** Its provider asks for less; `final`: its pi asks no more by itself. */
	refused(lieutenant: string, final: boolean): void;
	/** A fault of ours or of the machine: for the host's log. */
	complain(what: string): void;
}
