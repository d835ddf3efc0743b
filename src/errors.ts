/**
 * Every error that a person or a model can meet: code, HTTP status, sentence, remedy. One table, so that no two places
 * say the same thing in different words. The sentence says what is; the remedy says what to do next.
 */
export const errors = {
	// what was asked
	invalid_input: {
		status: 400,
		message: (what: string) => what,
		remedy: "Correct the named field and ask again.",
	},
	not_json: {
		status: 400,
		message: () => "Invalid JSON body",
		remedy: "Send one JSON object.",
	},
	too_large: {
		status: 413,
		message: (limit: string) => `The body is larger than ${limit}.`,
		remedy: "Send less; long text belongs in a report or a file.",
	},
	not_found: {
		status: 404,
		message: (what: string) => `${what} not found`,
		remedy: "List what there is, and use an id from that list.",
	},
	conflict: {
		status: 409,
		message: (what: string) => what,
		remedy: "Read the current state, then decide again.",
	},
	figure_unknown: {
		status: 422,
		message: (said: readonly string[]) => `The digest of that day does not have: ${said.join("; ")}.`,
		remedy: "captains_log_digest has its figures: write with those alone, as they stand there, and hand it in again.",
	},
	key_reused: {
		status: 409,
		message: () => "This idempotency key was used before with another body.",
		remedy: "Make a new key for a new request; repeat the old body to get the old answer.",
	},

	// who asked
	unauthorized: {
		status: 401,
		message: (why: string) => why,
		remedy: "Set VERS_AUTH_TOKEN to a token of this hub.",
	},
	forbidden: {
		status: 403,
		message: (role: string, what: string) => `A ${role} may not ${what}.`,
		remedy: "Ask the orchestrator or a person to do it.",
	},
	too_many: {
		status: 429,
		message: (what: string, seconds: number) => `Too many ${what}; the next is heard in ${seconds} s.`,
		remedy: "Wait as long as `Retry-After` says; `limits` in settings.json sets how many there may be in a minute.",
	},
	other_origin: {
		status: 403,
		message: () => "A page of another origin asks with this browser's session, or does not say where it comes from.",
		remedy: "Ask from the hub's own pages; programs send a token in place of the cookie.",
	},
	author_mismatch: {
		status: 403,
		message: (field: string, named: string, own: string) => `'${field}' says ${named}, but this token is ${own}.`,
		remedy: "Leave the field out: the author comes from the token.",
	},

	// the hub
	hub_away: {
		status: 503,
		message: (address: string) => `The hub${address === "" ? "" : ` at ${address}`} does not answer.`,
		remedy: "Try again shortly; `flagship status` says what runs, `flagship hub start` starts it.",
	},
	handler_timeout: {
		status: 503,
		message: () => "The hub gave up on this request after one second; nothing of it was kept.",
		remedy: "Ask again.",
	},
	storage_failed: {
		status: 503,
		message: (why: string) => `The hub cannot write its database: ${why}.`,
		remedy: "Free disk space or mend the folder's rights; nothing of this request was kept.",
	},
	hub_damaged: {
		status: 500,
		message: (file: string, why: string, backup: string) => `${file} is damaged (${why}). ${backup}`,
		remedy:
			"Nothing was changed. `flagship hub stop`, then `flagship restore <backup>` puts a backup back and keeps the damaged file beside it; look at the disk.",
	},
	method_not_allowed: {
		status: 405,
		message: (method: string, path: string, allowed: string) => `${path} does not take ${method}; it takes ${allowed}.`,
		remedy: "`flagship --help` lists what can be asked.",
	},
	hub_unprotected: {
		status: 500,
		message: (address: string) => `A hub without a token does not listen on ${address}: anyone could use it.`,
		remedy: "Set VERS_AUTH_TOKEN, or listen on 127.0.0.1.",
	},
	task_taken: {
		status: 409,
		message: (task: string, owner: string, until: string) =>
			`Task ${task} belongs to ${owner}${until === "" ? "" : ` until ${until}`}.`,
		remedy: "Take another from board_list_tasks, or ask its owner.",
	},
	claim_lost: {
		status: 409,
		message: (task: string, name: string) => `${name} does not hold task ${task}.`,
		remedy: "Claim it again with board_claim before working on.",
	},
	self_approval: {
		status: 403,
		message: (name: string) => `${name} cannot approve what ${name} made.`,
		remedy: "Ask the orchestrator or another agent to review it.",
	},
	evidence_missing: {
		status: 409,
		message: (task: string) =>
			`Nothing shows that task ${task} is done: it has no artifact, and no commit or passed test of its maker is in the work log since it was claimed.`,
		remedy:
			"Attach what shows it with board_add_artifact, or commit or run the tests and call log_append; then ask again.",
	},
	not_done: {
		status: 409,
		message: (task: string, lacks: readonly string[]) => `Task ${task} is not done: ${lacks.join("; and ")}.`,
		remedy:
			"Do what lacks: board_tick ticks what is done; a check is run by the host beside the work, whatever you have run yourself: mend what fails and ask again, or look with board_check.",
	},
	dependency_cycle: {
		status: 409,
		message: (path: readonly string[]) =>
			`Each would wait for the next, and none could ever begin: ${path.join(" → ")}.`,
		remedy: "Leave out one of these dependencies; board_get_task shows what a task depends on.",
	},
	budget_spent: {
		status: 409,
		message: (whose: string, limit: string, spent: string, reserved: string, asked: string) =>
			`${whose} of ${limit} has no ${asked} left: ${spent} is spent, ${reserved} is reserved for work under way.`,
		remedy:
			'Give it a smaller cap, such as cap: "0.50 usd", or wait until other work ends and gives back what it reserved; `flagship budget set <usd>` raises it.',
	},
	outcome_unknown: {
		status: 503,
		message: (host: string) => `The link to host ${host} broke before it answered; whether this was done is not known.`,
		remedy: "Ask again with the same key: what was done already is not done twice.",
	},
	twin: {
		status: 409,
		message: (host: string) => `Host ${host} is linked already by another process.`,
		remedy: "Only one may be that host: stop the copy, or give this machine a home of its own.",
	},
	host_away: {
		status: 503,
		message: (host: string) => `Host ${host} has no live link to the hub.`,
		remedy: "Try again shortly, or look at that machine with `flagship doctor`.",
	},
	internal: {
		status: 500,
		message: () => "Flagship met a fault of its own.",
		remedy: "`flagship doctor` names the log that has the details.",
	},

	query_refused: {
		status: 400,
		message: (why: string) => `The query was refused: ${why}`,
		remedy:
			"Ask with one SELECT over sessions, estimates, tasks, events and log; `describe sessions` names a table's columns.",
	},
	query_cut: {
		status: 409,
		message: (limit: string) => `The query was cut off: it needs more than ${limit}.`,
		remedy: "Ask for less: fewer rows joined, a range of time, a sum in place of the rows.",
	},
	analytics_missing: {
		status: 409,
		message: () => "SQL over the hub's records needs DuckDB, which is not installed here.",
		remedy:
			"Install it beside Flagship (`npm install @duckdb/node-api`), or ask with usage_totals, which needs nothing.",
	},

	// daemons
	already_running: {
		status: 409,
		message: (daemon: string, folder: string, holder: string) =>
			`Another ${daemon} (${holder}) already works on ${folder}.`,
		remedy: "Use that one, or stop it first with `flagship stop`.",
	},
	newer_data: {
		status: 409,
		message: (folder: string, has: string, knows: string) =>
			`${folder} was written by a newer Flagship (schema ${has}; this one knows ${knows}).`,
		remedy: "Update Flagship: `pi update`.",
	},
	backup_damaged: {
		status: 409,
		message: (file: string, where: string) => `${file} is no whole backup: ${where}.`,
		remedy: "Use another one: `flagship backups list` names those of the hub, `flagship verify <file>` tries one.",
	},
	backup_failed: {
		status: 507,
		message: (done: string, why: string) => `The backup was not ${done}: ${why}.`,
		remedy: "Mend that, or name a place elsewhere, and ask again; earlier backups are as they were.",
	},
	update_needed: {
		status: 409,
		message: (who: string, has: string, wants: string) => `${who} speaks protocol ${has}; this side speaks ${wants}.`,
		remedy: "Update the older of the two, then start it again.",
	},
	home_unusable: {
		status: 500,
		message: (path: string, why: string) => `Flagship cannot use ${path}: ${why}.`,
		remedy: "Mend the folder, or name another one in FLAGSHIP_HOME.",
	},
	socket_path_too_long: {
		status: 500,
		message: (path: string, bytes: number, limit: number) =>
			`The socket path ${path} has ${bytes} bytes; a unix socket takes at most ${limit}.`,
		remedy: "Set XDG_RUNTIME_DIR to a shorter folder of yours, or unset it.",
	},
	daemon_failed: {
		status: 503,
		message: (daemon: string, why: string) => `The ${daemon} did not start: ${why}`,
		remedy: "`flagship doctor` looks for the cause and names what to do.",
	},
	node_missing: {
		status: 500,
		message: () => "Flagship needs Node 22.19 or newer, and there is no `node` on PATH.",
		remedy: "Install Node from https://nodejs.org, or put the folder that holds `node` on PATH.",
	},
	node_too_old: {
		status: 500,
		message: (has: string) => `Flagship needs Node 22.19 or newer; this is ${has}.`,
		remedy: "Install a newer Node, or run it with the one that pi uses.",
	},
	pi_missing: {
		status: 500,
		message: () => "There is no `pi` on PATH and none beside this package.",
		remedy: "Install it: `npm install -g @earendil-works/pi-coding-agent`.",
	},
	pi_too_old: {
		status: 500,
		message: (has: string) => `Flagship needs pi 0.87 or newer; this is ${has}.`,
		remedy: "Update pi.",
	},

	// the command
	usage: {
		status: 400,
		message: (what: string) => what,
		remedy: "`flagship help` lists the commands; `flagship help <command>` shows one.",
	},
	no_terminal: {
		status: 400,
		message: () => "`flagship start` opens pi, and pi needs a terminal.",
		remedy: "Run it in a terminal; `flagship hub start` starts the hub alone, `npm run demo` needs no terminal.",
	},

	// lieutenants and messages
	host_storage_failed: {
		status: 503,
		message: (why: string) => `The host of this machine cannot write its records: ${why}.`,
		remedy: "Free disk space or mend the folder's rights, then ask again; nothing of this request was kept.",
	},
	disk_low: {
		status: 507,
		message: (path: string, free: number, needed: number) =>
			`The disk of ${path} has ${free} MB free; new work needs ${needed} MB.`,
		remedy: "Free space, then ask again. What runs goes on; `liveness.diskLowMb` in settings.json is the threshold.",
	},
	host_unreachable: {
		status: 503,
		message: (why: string) => `The host of this machine does not answer: ${why}.`,
		remedy: "`flagship doctor` shows why and starts it again.",
	},
	host_silent: {
		status: 503,
		message: (operation: string) =>
			`The host of this machine took ${operation} and has not answered; whether it was done is not known.`,
		remedy: "Look with vers_lt_status, then ask again if it was not done.",
	},
	called_off: {
		status: 409,
		message: (what = "It") => `${what} was called off.`,
		remedy: "Nothing of it is left but what was just said; ask again if it is wanted after all.",
	},
	machine_unreachable: {
		status: 503,
		message: (place: string, why: string) =>
			`${place} is not reached${why === "" ? "" : `: ${why.replace(/\.$/, "")}`}.`,
		remedy:
			"It is tried again by itself. Its lieutenants may well be at work; vers_lt_status shows when they are back.",
	},
	machine_unfit: {
		status: 409,
		message: (place: string, why: string) => `${place} is not fit for Flagship: ${why}.`,
		remedy: "Set that right there, or choose another place.",
	},
	deploy_running: {
		status: 409,
		message: (place: string, who: string) => `Another deploy to ${place} is at work (${who}).`,
		remedy: "Wait for its end. If it was killed, it has let go by now or does so in a moment: ask again.",
	},
	deploy_refused: {
		status: 409,
		message: (place: string, why: string) => `Not deployed to ${place}: ${why}. Nothing there was changed.`,
		remedy: "Set that right and deploy again.",
	},
	deploy_failed: {
		status: 503,
		message: (place: string, version: string, why: string, stands: string) =>
			`The deploy of ${version} to ${place} failed: ${why}. ${stands}`,
		remedy: "`flagship logs hub` there says more. Mend what is named, then deploy again.",
	},
	lieutenant_unknown: {
		status: 404,
		message: (name: string, known: readonly string[]) =>
			`No lieutenant '${name}'. ${known.length > 0 ? `Known: ${known.join(", ")}.` : "There are none; vers_lt_create makes one."}`,
		remedy: "Use a name from vers_lt_status.",
	},
	lieutenant_exists: {
		status: 409,
		message: (name: string) => `There is already a lieutenant '${name}'.`,
		remedy: "Send it work with vers_lt_send, or choose another name.",
	},
	name_invalid: {
		status: 400,
		message: (name: string) =>
			`'${name}' cannot be a name: use 1 to 40 of a-z, 0-9 and '-', beginning with a letter or digit.`,
		remedy: "Choose a plain name, such as 'usage' or 'lt-docs'.",
	},
	no_launch: {
		status: 409,
		message: () => "This host does not know yet how pi is started here: no pi session has called it.",
		remedy: "Create the first lieutenant from a pi session with Flagship loaded; afterwards it works from everywhere.",
	},
	lieutenant_deaf: {
		status: 409,
		message: (name: string, state: string, why: string | undefined) =>
			`${name} is ${state}${why === undefined ? "" : ` (${why})`} and takes no messages.`,
		remedy: "vers_lt_resume starts it again from its session; a new one is made with vers_lt_create.",
	},
	move_failed: {
		status: 409,
		message: (why: string) => `The move did not come about: ${why}.`,
		remedy:
			"The lieutenant goes on where it was. Set that right and ask again, or make another there with vers_lt_create.",
	},
	lieutenant_moving: {
		status: 409,
		message: (name: string, to: string) => `${name} is being moved to ${to}.`,
		remedy: "Ask again with vers_lt_move: it finishes what was begun.",
	},
	ralph_unknown: {
		status: 404,
		message: (name: string, known: readonly string[]) =>
			`No Ralph loop '${name}'. ${known.length > 0 ? `Known: ${known.join(", ")}.` : "There are none; ralph_start begins one."}`,
		remedy: "Use a name from ralph_status.",
	},
	worktree_failed: {
		status: 409,
		message: (name: string, why: string) => `No git worktree for '${name}': ${why}.`,
		remedy: "Mend what git names, choose another name, or pass worktree: false to work in the folder itself.",
	},
	lease_lost: {
		status: 409,
		message: (name: string) => `Another session is now ${name}.`,
		remedy: "This session goes on as an observer; it may adopt lieutenants by name.",
	},
	pipe_full: {
		status: 503,
		message: () => "The agent takes no more input: its pipe and the queue before it are full.",
		remedy: "Wait until it reads again; vers_lt_status shows whether it lives.",
	},
	pipe_closed: {
		status: 503,
		message: (why: string) => `The agent's pipe is closed: ${why}.`,
		remedy: "vers_lt_status shows whether the agent lives; what was not taken is sent again when it is back.",
	},

	// the Vers platform
	vm_lived_on: {
		status: 409,
		message: (vm: string, names: readonly string[]) => `On VM ${vm} lives ${names.join(", ")}.`,
		remedy: "End them with vers_lt_destroy first; a VM that was made for them then goes by itself.",
	},
	golden_busy: {
		status: 409,
		message: () => "A golden image is being built or checked by this host.",
		remedy: "Wait for its end.",
	},
	golden_none: {
		status: 404,
		message: () => "There is no golden image: settings.json names none, and the ledger has none or is not reached.",
		remedy: "flagship golden build makes one.",
	},
	golden_secrets: {
		status: 409,
		message: (paths: readonly string[]) =>
			`The machine holds what may be secret, and was not made a golden image: ${paths.join(", ")}.`,
		remedy: "Remove it from the snapshot that the image is built from, or build from an empty VM.",
	},
	copy_failed: {
		status: 409,
		message: (path: string, why: string) => `${path} is not copied${why === "" ? "" : `: ${why.replace(/\.$/, "")}`}.`,
		remedy: "What was there before may be changed in part. Set that right, and copy again.",
	},
	vm_not_at_hand: {
		status: 503,
		message: (vm: string, why: string) => `Nothing was done on VM ${vm}: ${why.replace(/\.$/, "")}.`,
		remedy:
			"Nothing is done here in its place. vers_vm_use tries the way again; vers_vm_local brings read, bash, edit and write back.",
	},
	vm_cut: {
		status: 503,
		message: (vm: string, why: string) => `The way to VM ${vm} ended in the middle: ${why.replace(/\.$/, "")}.`,
		remedy: "A command there has been ended, and a file may be written or not: look before you do it again.",
	},
	vers_no_key: {
		status: 409,
		message: () => "No key of the Vers platform is known here.",
		remedy: "Set VERS_API_KEY in `env` of settings.json, or log in with `vers login`; a local lieutenant needs none.",
	},
	vers_address: {
		status: 409,
		message: (said: string) => `VERS_BASE_URL is no address: ${said}.`,
		remedy: "Use https://api.vers.sh/api/v1, or leave it out.",
	},
	vers_capacity: {
		status: 503,
		message: (what: string) => `Vers has no room for ${what}.`,
		remedy: "Delete machines that are not needed (vers_vms), or run it here; asking again at once does not help.",
	},
	vers_gone: {
		status: 404,
		message: (what: string) => `Vers does not know ${what}.`,
		remedy: "vers_vms lists the machines that there are.",
	},
	vers_forbidden: {
		status: 403,
		message: (what: string) => `Vers does not let this key touch ${what}.`,
		remedy: "It belongs to somebody else, or is gone; vers_vms shows which are yours.",
	},
	vers_key: {
		status: 409,
		message: (what: string) => `Vers does not take the key (asked for ${what}).`,
		remedy: "Set another VERS_API_KEY in `env` of settings.json, or log in with `vers login`.",
	},
	vers_unavailable: {
		status: 503,
		message: (what: string) => `Vers did not give ${what}: it is away, or met a fault of its own.`,
		remedy: "Try again shortly; `flagship incident list` shows what is known of it.",
	},
	vers_refused: {
		status: 400,
		message: (what: string) => `Vers refused what was asked about ${what}.`,
		remedy: "Correct ids and sizes; vers_vms lists the machines that there are.",
	},

	// the machine
	cannot_start: {
		status: 500,
		message: (command: string, why: string) => `'${command}' cannot be started: ${why}.`,
		remedy: "Install it or mend its path; `flagship doctor` lists what Flagship needs.",
	},
	cannot_listen: {
		status: 500,
		message: (address: string, why: string) => `Cannot listen on ${address}: ${why}.`,
		remedy: "Free that address, or name another one.",
	},
	not_connected: {
		status: 503,
		message: (address: string, why: string) => `No connection to ${address}: ${why}.`,
		remedy: "`flagship status` says what runs; `flagship doctor` starts what is missing.",
	},
} as const;

export type ErrorCode = keyof typeof errors;
type Arguments<C extends ErrorCode> = Parameters<(typeof errors)[C]["message"]>;

/** An error from the table. `toJSON` is its form on every wire: `error` is the sentence (old clients read that key). */
export class Fault extends Error {
	override readonly name = "Fault";
	readonly code: ErrorCode;
	readonly status: number;
	readonly remedy: string;

	/** `remedy` only where the other side, or the moment, knows a better one than the table. */
	constructor(code: ErrorCode, message: string, remedy: string = errors[code].remedy) {
		super(message);
		this.code = code;
		this.status = errors[code].status;
		this.remedy = remedy;
	}

	toJSON(): { error: string; code: ErrorCode; remedy: string } {
		return { error: this.message, code: this.code, remedy: this.remedy };
	}
}

/** `throw fault("lieutenant_unknown", name, known)`. */
export function fault<C extends ErrorCode>(code: C, ...args: Arguments<C>): Fault {
	const message = errors[code].message as (...values: Arguments<C>) => string;
	return new Fault(code, message(...args));
}

/** No space, as the file system or SQLite tells it. */
export const isDiskFull = (thrown: unknown): boolean =>
	/\bENOSPC\b|no space left on device|database or disk is full/i.test(reason(thrown));

/** The text of whatever was thrown, for a sentence. */
export const reason = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
