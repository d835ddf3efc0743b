/** What a lieutenant needs of its host. */
import type { NoticeType } from "../contract/link.ts";
import type { World } from "../world.ts";
import type { Look } from "./journal.ts";
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
	/** Stores the row and tells whoever looks. Called inside the transaction that changes it. */
	save(standing: Standing): void;
	notify(standing: Standing, type: NoticeType, text: string): void;
	/** A receipt changed; the message is stored already. */
	receipt(id: string): void;
	/** What its session has used, as far as the file tells. */
	used(standing: Standing, look: Look): void;
	/** What it did and did not log, once it has ended for good. */
	owed(standing: Standing, look: Look): void;
	/** A fault of ours or of the machine: for the host's log. */
	complain(what: string): void;
}
