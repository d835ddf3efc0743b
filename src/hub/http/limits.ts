/**
 * How often one may ask. What nobody has proven to be theirs is counted by address: wrong tokens, login links, public
 * pages. What comes with a token is counted by the token, and only from beyond this machine: here a fleet works as fast as
 * the hub does. Each counter is a bucket that is full at first and fills again with time.
 */
import { Fault, fault } from "../../errors.ts";
import type { World } from "../../world.ts";

/** Each is how many there may be at once, and as many again within a minute; 0: no limit. */
export interface Limits {
	/** Wrong tokens of one address. Once spent, an admin's token from beyond this machine is not heard there either. */
	readonly failures: number;
	/** Login links that one address tries. */
	readonly logins: number;
	/** Pages without a token, of one address beyond this machine. */
	readonly pages: number;
	/** Requests of one token beyond this machine. */
	readonly requests: number;
}

const limit = <Default extends number>(byDefault: Default, description: string) =>
	({ type: "integer", minimum: 0, default: byDefault, description: `${description} a minute; 0 for none.` }) as const;

/** JSON Schema of `limits` in `settings.json`. */
export const limitsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		failures: limit(60, "Wrong tokens of one address"),
		logins: limit(10, "Login links that one address tries"),
		pages: limit(300, "Pages without a token, of one address beyond this machine,"),
		requests: limit(12_000, "Requests of one token beyond this machine"),
	},
} as const;

const { failures, logins, pages, requests } = limitsSchema.properties;

export const LIMITS: Limits = {
	failures: failures.default,
	logins: logins.default,
	pages: pages.default,
	requests: requests.default,
};

export type Counted = keyof Limits;

/** `limits` of `settings.json`. Throws `home_unusable` for what is none. */
export function limitSettings({ limits = {} }: Readonly<Record<string, unknown>>, file: string): Limits {
	if (typeof limits !== "object" || limits === null || Array.isArray(limits))
		throw fault("home_unusable", file, "limits must be an object");
	for (const [name, value] of Object.entries(limits)) {
		if (!Object.hasOwn(LIMITS, name)) throw fault("home_unusable", file, `limits.${name} is not known`);
		if (!Number.isInteger(value) || value < 0)
			throw fault("home_unusable", file, `limits.${name} must be a whole number, 0 for none`);
	}
	return { ...LIMITS, ...limits };
}

const MINUTE = 60_000;
/** Addresses and tokens that are remembered of each kind: the one not heard of for longest makes room. */
const REMEMBERED = 10_000;

const TOLD: Readonly<Record<Counted, string>> = {
	failures: "wrong tokens from this address",
	logins: "login links tried from this address",
	pages: "pages asked for from this address",
	requests: "requests with this token",
};

/** 429, and after how many seconds it is heard again. */
export class TooMany extends Fault {
	readonly retryAfter: number;

	constructor(what: Counted, wait: number) {
		const seconds = Math.ceil(wait / 1_000);
		const { code, message } = fault("too_many", TOLD[what], seconds);
		super(code, message);
		this.retryAfter = seconds;
	}
}

export interface Turnstile {
	/** Counts one. Throws `TooMany`. */
	count(what: Counted, who: string): void;
	/** Throws `TooMany` where the next one would; counts nothing. */
	look(what: Counted, who: string): void;
}

interface Bucket {
	left: number;
	/** By the monotonic clock, ms. */
	at: number;
}

export function createTurnstile({ clock }: Pick<World, "clock">, limits: Limits): Turnstile {
	const kinds = {
		failures: new Map(),
		logins: new Map(),
		pages: new Map(),
		requests: new Map(),
	} as const satisfies Record<Counted, Map<string, Bucket>>;

	/** As full as it is now. */
	const bucketOf = (what: Counted, who: string): Bucket => {
		const now = clock.elapsed();
		const known: Bucket | undefined = kinds[what].get(who);
		if (known === undefined) return { left: limits[what], at: now };
		const left = Math.min(limits[what], known.left + ((now - known.at) * limits[what]) / MINUTE);
		return { left, at: now };
	};
	const refuseEmpty = (what: Counted, { left }: Bucket): void => {
		if (left < 1) throw new TooMany(what, ((1 - left) * MINUTE) / limits[what]);
	};

	return {
		count(what, who) {
			if (limits[what] === 0) return;
			const buckets: Map<string, Bucket> = kinds[what];
			const bucket = bucketOf(what, who);
			refuseEmpty(what, bucket);
			// Set anew, so that the first of the map is the one not heard of for longest.
			buckets.delete(who);
			buckets.set(who, { ...bucket, left: bucket.left - 1 });
			if (buckets.size > REMEMBERED) for (const oldest of buckets.keys()) return void buckets.delete(oldest);
		},
		look(what, who) {
			if (limits[what] !== 0) refuseEmpty(what, bucketOf(what, who));
		},
	};
}
