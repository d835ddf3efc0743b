/** What a handler can reach besides its transaction: the hub's live parts. */
import type { World } from "../world.ts";
import type { Sessions } from "./access/sessions.ts";
import type { BackupRules } from "./backups/rules.ts";
import type { Kinds } from "./board/kinds.ts";
import type { BudgetRules } from "./budgets/accounts.ts";
import type { Database } from "./database/database.ts";
import type { Feed } from "./feed/feed.ts";
import type { Links } from "./hosts/links.ts";
import type { Turnstile } from "./http/limits.ts";
import type { Ids } from "./ids.ts";
import type { Tokens } from "./tokens/tokens.ts";

type Mode = "off" | "warn" | "enforce";

/** The rules of the board that a person may loosen; fixed when the hub starts. */
export interface Rules {
	/** An agent calls a task done only with evidence. */
	readonly board: Mode;
	/** Nobody approves their own. */
	readonly review: Mode;
}

export const STRICT: Rules = { board: "enforce", review: "enforce" };

export interface Context {
	readonly world: World;
	readonly version: string;
	readonly database: Database;
	readonly ids: Ids;
	readonly feed: Feed;
	readonly tokens: Tokens;
	readonly sessions: Sessions;
	readonly links: Links;
	readonly turnstile: Turnstile;
	readonly rules: Rules;
	/** Kinds of tasks and their checklists. */
	readonly kinds: Kinds;
	/** Before anything is judged by the wall clock: has this machine slept? What follows from it is written first. */
	awake(): void;
	readonly budgets: BudgetRules;
	readonly backups: BackupRules;
	/** Where people reach this hub, without a slash at its end. Never taken from what a request says. */
	publicUrl(): string;
	/** For the hub's own log: faults that no caller can mend. */
	readonly complain: (what: string) => void;
}
