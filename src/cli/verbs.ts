/**
 * The verbs of the command itself. Each loads its code when it is called: a restart loop must not hold the contract and
 * a web server in memory. The verbs of hub and host operations are not listed; they are found in `src/contract/`.
 */
import type { Context } from "./context.ts";

export interface Verb {
	/** The command's words after `flagship`. */
	readonly words: string;
	readonly usage: string;
	readonly summary: string;
	/** Called by Flagship, not by people. */
	readonly hidden?: true;
	/**
	 * Starts, ends or mends daemons, or reads what is the person's own: not for an agent's command line, which would end
	 * the fleet by a mistake.
	 */
	readonly people?: true;
	/** Resolves to the exit code. */
	run(context: Context, args: readonly string[]): Promise<number>;
}

export const VERBS: readonly Verb[] = [
	{
		words: "start",
		people: true,
		usage: "start [pi's own arguments]",
		summary: "Open pi with Flagship loaded and the hub up.",
		run: async (context, args) => (await import("./start.ts")).start(context, args),
	},
	{
		words: "open",
		people: true,
		usage: "open [--viewer] [--print]",
		summary: "Log a browser of yours into the hub's pages, by a link that works once; --print only says it.",
		run: async (context, args) => (await import("./open.ts")).open(context, args),
	},
	{
		words: "demo",
		usage: "demo [--keep] [--set key=value]",
		summary: "See the whole job done by a scripted model: no account, no key.",
		run: async (context, args) => (await import("./demo.ts")).demo(context, args),
	},
	{
		words: "status",
		usage: "status [--json]",
		summary: "Say what runs: hub, host, lieutenants.",
		run: async (context, args) => (await import("./status.ts")).status(context, args),
	},
	{
		words: "stop",
		people: true,
		usage: "stop",
		summary: "End all daemons of this home. Lieutenants' sessions are kept.",
		run: async (context, args) => (await import("./daemons.ts")).stop(context, args),
	},
	{
		words: "doctor",
		people: true,
		usage: "doctor [--json]",
		summary: "Look for what is wrong, mend what is safe to mend, say what to do about the rest.",
		run: async (context, args) => (await import("./doctor.ts")).doctor(context, args),
	},
	{
		words: "logs",
		usage: "logs [hub|host] [--level info|warn|error] [--lines n] [--follow] [--json]",
		summary: "Show what hub and host have logged; --follow goes on until Ctrl-C, --json gives one object a line.",
		run: async (context, args) => (await import("./logs.ts")).logs(context, args),
	},
	{
		words: "hub run",
		people: true,
		usage: "hub run",
		summary: "Run the hub here until Ctrl-C. Reads PORT (3000), HOST (127.0.0.1), DATA_DIR, VERS_AUTH_TOKEN.",
		run: async (context, args) => (await import("./hub.ts")).run(context, args),
	},
	{
		words: "host run",
		people: true,
		usage: "host run",
		summary: "Run the host here until Ctrl-C.",
		run: async (context, args) => (await import("./host.ts")).run(context, args),
	},
	{
		words: "skills publish",
		usage: "skills publish <folder> [--json]",
		summary: "Publish the skill in a folder, or each one of several in it, to the fleet.",
		run: async (context, args) => (await import("./publish.ts")).publish(context, args),
	},
	{
		words: "gates",
		usage: "gates [--json]",
		summary: "Say which gates are on, what they refused, and why.",
		run: async (context, args) => (await import("./gates.ts")).gates(context, args),
	},
	{
		words: "usage backfill",
		people: true,
		usage: "usage backfill [folder] [--agent name] [--json]",
		summary: "Tell the hub what pi's sessions from before have used; pi's own folder, or another. Twice adds nothing.",
		run: async (context, args) => (await import("./backfill.ts")).backfill(context, args),
	},
	{
		words: "backup",
		people: true,
		usage: "backup <file> [--from url|ssh:host] [--json]",
		summary: "Write all that the hub keeps into one file, tried by a restore; the hub, here or elsewhere, goes on.",
		run: async (context, args) => (await import("./backup.ts")).backup(context, args),
	},
	{
		words: "verify",
		usage: "verify <file> [--json]",
		summary: "Try a backup: every byte, every row, and a restore that the hub's own code opens.",
		run: async (context, args) => (await import("./backup.ts")).verify(context, args),
	},
	{
		words: "restore",
		people: true,
		usage: "restore <file> [--json]",
		summary: "Put a backup in the place of the hub's data, which is kept beside it. The hub must be stopped.",
		run: async (context, args) => (await import("./backup.ts")).restore(context, args),
	},
	{
		words: "deploy",
		people: true,
		usage: "deploy <ssh:user@machine[:port] | vers:VM> [--json]",
		summary: "Bring this version of the hub to another machine: backup first, health after, rolled back if it fails.",
		run: async (context, args) => (await import("./deploy.ts")).deploy(context, args),
	},
	{
		words: "import",
		people: true,
		usage: "import <folder | ssh:host:folder> [--json]",
		summary: "Take over the data folder of a vers-agent-services: counts in, counts out, rejects. Twice adds nothing.",
		run: async (context, args) => (await import("./moving/import.ts")).importFolder(context, args),
	},
	{
		words: "export",
		people: true,
		usage: "export <new folder> [--data hub's folder] [--json]",
		summary: "Write the hub's records as the data folder of a vers-agent-services, as of one moment.",
		run: async (context, args) => (await import("./moving/export.ts")).exportFolder(context, args),
	},
	{
		words: "hub read-usage",
		usage: "hub read-usage",
		summary: "Print the rows of an old usage database: what `flagship import` starts.",
		hidden: true,
		people: true,
		run: async (context) => (await import("./moving/usage.ts")).readUsage(context),
	},
	{
		words: "hub query",
		usage: "hub query",
		summary: "Answer one query from stdin over a copy of the hub's records: what the hub starts for usage_query.",
		hidden: true,
		people: true,
		run: async (context) => (await import("./query.ts")).query(context),
	},
	{
		words: "hub backup",
		usage: "hub backup",
		summary: "Make the backup that a job on stdin names: what the hub starts for its own.",
		hidden: true,
		people: true,
		run: async (context) => (await import("./backup.ts")).job(context),
	},
	{
		words: "hub take-over",
		usage: "hub take-over",
		summary: "Replace this machine's hub by this package's, as a job on stdin says: what `flagship deploy` starts.",
		hidden: true,
		people: true,
		run: async (context) => (await import("./take-over.ts")).run(context),
	},
	{
		words: "gate pre-push",
		usage: "gate pre-push",
		summary: "Judge a push: what git asks in a lieutenant's worktree.",
		hidden: true,
		run: async (context, args) => (await import("./gate.ts")).prePush(context, args),
	},
	...(["hub", "host"] as const).flatMap((daemon): Verb[] => [
		{
			words: `${daemon} start`,
			people: true,
			usage: `${daemon} start`,
			summary: `Start the ${daemon} in the background, unless it runs already.`,
			run: async (context, args) => (await import("./daemons.ts")).startOne(context, daemon, args),
		},
		{
			words: `${daemon} stop`,
			people: true,
			usage: `${daemon} stop`,
			summary: `End the ${daemon}.`,
			run: async (context, args) => (await import("./daemons.ts")).stopOne(context, daemon, args),
		},
		{
			words: `${daemon} status`,
			usage: `${daemon} status [--json]`,
			summary: `Say whether the ${daemon} runs, and where. Exit code 3 when it does not.`,
			run: async (context, args) => (await import("./daemons.ts")).statusOne(context, daemon, args),
		},
		{
			words: `${daemon} loop`,
			usage: `${daemon} loop`,
			summary: `Keep the ${daemon} running.`,
			hidden: true,
			run: async (context) => (await import("./loop.ts")).loop(context, daemon),
		},
	]),
];
