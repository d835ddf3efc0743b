/**
 * What Flagship is to do, kept by hand: each feature is planned, or shipped and shown by tests that go through what is
 * shipped (tool, command, HTTP, package), not only through a function inside. `npm run docs` makes `docs/coverage.md` of it.
 */
import { boardFeatures } from "./board.ts";
import { captain } from "./captain.ts";
import { type Area, planned, type Shown, shipped } from "./feature.ts";
import { fleet } from "./fleet.ts";
import { keeping } from "./keeping.ts";
import { people } from "./people.ts";
import { usage } from "./usage.ts";

export type { Area, Feature, Shown } from "./feature.ts";

const BOUNDS = "test/host/bounds/keeper.test.ts";
const BUDGET = "test/extensions/budget.test.ts";
const CLI = "test/cli/main.test.ts";
const FEED = "test/hub/feed/feed.test.ts";
const STREAM = "test/hub/feed/stream.test.ts";
const REGISTRY = "test/hub/registry/registry.test.ts";
const LOGIN = "test/hub/access/login.test.ts";
const TOKENS = "test/hub/tokens/tokens.test.ts";
const WIRE = "test/hub/http/wire.test.ts";
const GATES = "test/extensions/gates-pi.test.ts";
const BOARD_GATE = "test/extensions/board-gate.test.ts";
const PUSH = "test/extensions/push-gate.test.ts";
const HUB = "test/extensions/hub.test.ts";
const RECORDS = "test/extensions/records.test.ts";
const SKILLS = "test/skills/loaded.test.ts";
const SKILL_RECORDS = "test/hub/skills/skills.test.ts";
const SKILL_SESSION = "test/extensions/skillhub.test.ts";
const SKILL_SHELL = "test/cli/skills.test.ts";

const OFFERED: Shown = [SKILLS, "are all offered to the model, and pi complains about none"];

export const areas: readonly Area[] = [
	fleet,
	{
		name: "Hub",
		features: [
			...boardFeatures,
			shipped(
				"Feed: `feed_list`, `feed_publish`, `feed_stats`; one event for every change of every record",
				[
					FEED,
					"with since gives the next ones, so that a slow poller skips none",
					"the counts are those of the rows, also after a restart and a clearing",
				],
				[
					"test/hub/feed/audit.test.ts",
					"every change of a record is one event with who made it, in the same commit",
					"no change of these services is forgotten above",
				],
			),
			shipped(
				"What nobody has read yet is kept; slow readers are dropped and go on where they were",
				[
					"test/hub/feed/readers.test.ts",
					"what is old, beyond the newest ten thousand and read by all is forgotten, and what was is said",
				],
				[
					"test/hub/feed/dropped.test.ts",
					"a reader that takes nothing is dropped while the others go on, and resumes where it was, without gap or repeat",
				],
			),
			shipped("Feed as a stream, SSE and WebSocket, resumed exactly", [
				STREAM,
				"resumes at any event without gap or repeat while 50 post at once",
				"begins exactly after the event it names, by id, by seq and by Last-Event-ID",
			]),
			shipped(
				"Log: `log_append`, `log_query`, also as plain text",
				[HUB, "a call of log_append lands in the hub, and pi -p ends by itself"],
				["test/hub/log/log.test.ts", "shows the last 24 hours, oldest first", "comes as plain lines, too"],
			),
			shipped("Log search: `log_search`", [
				"test/hub/log/search.test.ts",
				"an entry is found as soon as it is answered, by words in any order, by their beginnings, as paths and hashes",
				"what is found comes newest first, in pages, also of more entries than are indexed at once",
			]),
			shipped(
				"Journal with mood: `journal_entry`, `journal_query`, also as plain text",
				[
					"test/hub/journal/journal.test.ts",
					"is kept trimmed, with mood and tags; what is blank is left out",
					"finds words of any age, also in the mood, and nothing that is only like syntax",
					"comes as plain lines, by its own path and by raw=true",
				],
				[RECORDS, "are found, written, kept and read"],
			),
			shipped("Registry: `registry_register`, `registry_heartbeat`, `registry_list`, `registry_discover`", [
				REGISTRY,
				"is registered once; the old API's answer to a second time is 409",
				"that was not heard for five minutes does not count as running",
				"that says running and is silent is shown as stale, also in the unfiltered list",
				"is changed and taken off by whoever registered it or who leads, by nobody else",
			]),
			shipped("Records wait on this machine while the hub is away, and arrive once", [
				HUB,
				"hub away: a record is kept by the host of this machine, under one key, and the model is told so",
				"nothing is lost: what an orchestrator logged without a hub is in it later, once and in its name",
			]),
			shipped(
				"A tool that is not at hand is found with `fleet_tools`, or by pi itself; no role is offered another's",
				[HUB, "finds a tool that is not at hand and switches it on"],
				[
					"test/extensions/deferred.test.ts",
					"%s finds and uses one of each service, and is offered none of another role",
				],
			),
			shipped(
				"Skills are published in versions, enabled, withdrawn and brought back: `skillhub_publish`, `skillhub_list`, `skillhub_get`, `skillhub_update`, `skillhub_delete`, `skillhub_history`, `skillhub_restore`",
				[
					SKILL_RECORDS,
					"is published, read, listed, changed and withdrawn in the old API's words, with its hash",
					"published again after it was withdrawn goes on counting, so that nobody keeps the old text",
					"keeps every version; an earlier one can be read, and published again as the newest",
					"has no name that could leave its folder, whatever is sent",
					"by two publishers at once has dense versions, none of them lost",
					"is published, changed and withdrawn by an admin alone",
				],
				[
					"test/hub/skills/kill.test.ts",
					"kill -9 in the middle of two publishers loses no acknowledged version and leaves none half",
				],
				[SKILL_SHELL, "publishes the skill in a folder, or each of several; what is there already stays as it is"],
			),
			shipped(
				"Skills come live into sessions, and go; an empty hub begins with the package's own, which every lieutenant has",
				[
					SKILL_SESSION,
					"come into the next request of a run under way, and go, without a reload; a person's own stays",
					"are all there for a lieutenant made on a machine whose package brings none",
					"of a hub that a person has chosen for the session are followed by the session itself; away, it waits for nothing",
				],
				[
					SKILL_SHELL,
					"an empty hub has the package's own skills after its first start, and this machine has them with one command",
				],
			),
			shipped(
				"Machines check the hash of each skill before it is written, and everybody sees who has which version: `skillhub_sync`, `skillhub_agents`",
				[
					"test/client/skills/pull.test.ts",
					"content that is not what its hash says is not written; what was here before stays",
					"names that could leave the folder, and entries without a hash, are not taken from any hub",
					"a hub that goes away in the middle, or is away, changes nothing",
				],
				[
					"test/host/skills/sync.test.ts",
					"a host that links has what was published before; what changes then reaches it by itself",
				],
			),
			shipped(
				"Reports with versions: `reports_create`, `reports_list`, `reports_get`, `reports_update`, `reports_versions`",
				[
					"test/hub/reports/reports.test.ts",
					"keeps every version, who made it and why; the newest is what is read",
					"is changed and deleted by its author or who leads, by nobody else",
					"reports are listed newest first without their text, by author, tag and words, in pages",
				],
				[RECORDS, "are found, written, kept and read"],
			),
			shipped(
				"Share links with expiry, revocation and access log: `reports_share`, `reports_shares`, `reports_unshare`",
				[
					"test/hub/shares/shares.test.ts",
					"shows the report without a token, rendered on the server, and tells its card",
					"ends when it expires; a moment that is none, or past, is refused",
					"ends when it is revoked, by its name or its address, once",
					"newest first, with the address of the connection, whatever the request claims",
				],
				[
					"test/hub/shares/browser.test.ts",
					"a report's script does not run and its images load nothing, though the same text as a page does both",
				],
			),
			shipped(
				"Ledger of VM snapshots: `commits_record`, `commits_list`, `commits_golden`, `commits_lineage`, `commits_update`",
				[
					"test/hub/commits/commits.test.ts",
					"is recorded trimmed, once, by whoever its token is",
					"is the newest that is tagged so, also of one kind, also once it was checked",
					"is never one that contains secrets",
					"goes up to the first and down to what was made from it, and names what nobody recorded",
				],
				[RECORDS, "are found, written, kept and read"],
			),
			...usage,
			...captain,
			...keeping,
			shipped(
				"Dashboard: every record of the fleet live in a browser; what a person does there is told to the orchestrator",
				[
					"test/ui/views.test.ts",
					"sends a task back with a finding, sees the next round and what changed, and approves it",
				],
				[
					"test/ui/fleet.test.ts",
					"is seen at work, steered, stopped and resumed there, and its orchestrator is told each time",
				],
				[
					"test/ui/withstand.test.ts",
					"lives through its hub's restart: it says so, comes back by itself, and misses nothing",
				],
			),
			shipped(
				"Magic link (`dashboard_link`): works once, within five minutes, used up by a POST; sessions persist and are ended",
				[
					LOGIN,
					"lets in once: its page shows a button, the button's POST begins a session",
					"is not used up by a program that previews it, however often",
					"has one winner of twenty who come at once",
					"is over after five minutes",
					"gives no more than its maker may: an orchestrator's is for a viewer",
				],
				[
					"test/hub/access/sessions.test.ts",
					"changes something only when the request shows that the hub's own page asks",
					"is listed with where it came from, and ended by an admin; its streams end with it",
					"outlives a restart of the hub, and so does its end",
				],
				[
					"test/cli/open.test.ts",
					"a browser is started with a private file that leads to the link, never with the link",
					"the shipped command says the link of this home's own hub; a lieutenant has no such command",
				],
			),
			shipped("Tokens and rights per agent", [
				TOKENS,
				"that is minted works at once and is kept only as a hash",
				"gives no more rights than its parent has",
				"ends with all below it, and cannot come back",
			]),
			shipped(
				"Tokens are rotated, and say when they were last used",
				[
					"test/hub/tokens/rotate.test.ts",
					"keeps its id, rights and those below it; the old secret opens nothing from then on",
					"is told to the minute, without a write for each request, and outlives a restart",
				],
				[CLI, "the home's admin token is rotated: the file has the new one, the old opens nothing, hub and host go on"],
			),
			shipped(
				"Rate limits: 429 with `Retry-After`, which our own clients obey; bounded in memory",
				[
					"test/hub/http/limits.test.ts",
					"who guesses tokens is told to wait, and no admin is heard from there until then; others are",
					"login links are tried a few times a minute, also with the right one, from each address",
					"what is remembered is bounded: whoever was not heard of for longest makes room",
				],
				[
					"test/client/client.test.ts",
					"waits as long as a hub says that it is asked too often, and asks again with the same key",
				],
			),
			shipped("A table of rights, `docs/rights.md`, each cell proven over HTTP", [
				"test/hub/http/rights.test.ts",
				"has every operation that the hub answers, and nothing else",
				"for no token: each operation is 401, and all of them change nothing",
			]),
			shipped(
				"A `flagship` verb for every operation, each with `--json`",
				["test/cli/arguments.test.ts", "every operation is a command of its own, and its usage can be shown"],
				[
					"test/cli/faces.test.ts",
					"%s is asked by its verb, and answered as JSON of the declared form",
					"who asks for JSON gets a refusal as JSON, too, and exit code 1",
				],
				[
					CLI,
					"an operation's command starts the hub, asks it, and prints what a person reads or the answer as it came",
				],
				[WIRE, "answers every operation that the contract gives to it"],
			),
			shipped(
				"Clients of the old server go on working: every route, error and tool of it, `docs/compatibility.md`",
				["test/hub/http/old-client.test.ts", "%s is answered as the old server answered it"],
				["test/hub/http/old-records.test.ts", "%s is answered as the old server answered it"],
				["test/fleet/old-tools.test.ts", "%s takes what it took"],
				[
					"test/scripts/compatibility.test.ts",
					"is refused when a weakness or a route lacks its row, or stands in a table without tests",
				],
			),
			shipped(
				"Ten thousand bad requests, to every operation by every role: no fault of the hub, and nothing poisoned",
				[
					"test/hub/http/bad-input.test.ts",
					"no input makes %s answer with a fault of the hub",
					"the hub is as before: every list is read to its end, its file is whole, and a restart changes nothing",
				],
			),
			shipped(
				"OpenAPI 3.1 at `/openapi.json`, made of the routes; what the hub answers is as it says",
				[
					"test/hub/openapi/document.test.ts",
					"is given to everyone, as JSON, and is valid by the schema of OpenAPI 3.1",
					"has every operation that is served, by each of its paths, every page, and nothing else",
				],
				["test/hub/openapi/fits.test.ts", "an answer does not fit with %s"],
			),
		],
	},
	{
		name: "Gates",
		features: [
			shipped("`workLog`: what changed is in the log, what the log claims is true; else the gate writes it", [
				GATES,
				"print mode: a model that ignores it is refused twice, then the gate writes and publishes",
				"an entry that claims a file that was not changed is sent back once, then kept and marked",
				"a killed pi's work is still asked for when its session is resumed, and in a fork of it",
			]),
			shipped("Bounded work: something due, a cap, a ladder for who writes nothing", [
				BOUNDS,
				"a bare task to one that only reads ends within 30 turns, with a report, and goes back to the board",
			]),
			shipped("Gates hold an unwilling lieutenant; with its gates off it does all of it", [
				"test/withstand/gates.test.ts",
				"leaves nothing unlogged, nothing done that is not, and its gates as they were",
				"with its gates off does all of it: what holds it are the gates, not its good will",
			]),
			shipped("Budget: a stop names whose money ended", [BUDGET, "is set, shown, and ends the work of a fleet"]),
			shipped("`board`: work belongs to a claimed task, and done needs evidence", [
				BOARD_GATE,
				"a change without a task is refused once, then a task is made and claimed, marked auto",
				"who holds its task is not asked; done without evidence is refused, with it taken",
			]),
			shipped("Done needs its checklist (`board_tick`), and a check that the host has run (`board_check`)", [
				"test/extensions/evidence-gate.test.ts",
				"on: words are none, a run on these very files is; it is run once for them",
				"what was handed in counts at the approval, though its maker went on; what fails is not approved",
			]),
			shipped("`review`: nobody approves their own", [
				BOARD_GATE,
				"nobody approves their own, by a tool or in a shell",
			]),
			shipped("`deploy`: no deploy command of an agent without a young backup or snapshot of the hub", [
				"test/extensions/deploy-gate.test.ts",
				"an agent's is refused in any spelling, the orchestrator's too; after a backup it runs, and /gates shows it",
				"with warn it runs, and is told; a snapshot tagged hub will do",
			]),
			shipped("`pushToMain`: no push to main from a lieutenant, with a way to grant it", [
				PUSH,
				"in any spelling: main stays, its own branch goes, and the feed tells each refusal",
				"the branch that the remote's HEAD names is protected, under any name",
				"%j: it is pushed, and the feed has %j",
			]),
			shipped("`protectedPaths`: agents do not change what Flagship and pi run on", [
				"test/extensions/paths-gate.test.ts",
				"neither orchestrator nor lieutenant changes Flagship's home, pi's settings or another's worktree",
			]),
			shipped("`territory`: files that another's claimed task owns, named with `board_set_terms`", [
				"test/extensions/territory-gate.test.ts",
				"on: refused with task, owner and what to do; own files and looking are free",
				"what no spelling shows is seen afterwards; a claim of one's own on the same files opens nothing",
			]),
			shipped("Rules and debts survive compaction", [
				GATES,
				"manual: rule and debt are there in the next request",
				"threshold, in the middle of a tool loop",
				"overflow",
			]),
			shipped("`/gates` says what is on, what fired, and why", [
				"test/extensions/gates-command.test.ts",
				"/gates in RPC and print, and flagship gates",
			]),
			shipped(
				"All of it in one run with no skills, no prompt and an unwilling model",
				["npm run amnesiac"],
				[
					"test/amnesiac/amnesiac.test.ts",
					"a snapshot that the ledger does not have is missed, and one with keys that passes for one without is seen",
					"with the gates of the work log and of pushes off it fails, says why, and leaves nothing behind",
				],
			),
		],
	},
	{
		name: "Skills",
		features: [
			shipped("`board`", OFFERED),
			shipped("`captains-log`", OFFERED),
			shipped("`commits`", OFFERED),
			shipped("`magic-link`", OFFERED),
			shipped("`feed`", OFFERED),
			shipped("`incidents`", OFFERED),
			shipped("`vms`", OFFERED),
			shipped("`golden-image`", OFFERED),
			shipped("`hub-deploy`, the runbook", OFFERED),
			shipped("`journal`", OFFERED),
			shipped("`lieutenants`", OFFERED),
			shipped("`log`", OFFERED),
			shipped("`ralph`", OFFERED),
			shipped("`recovery`", OFFERED),
			shipped("`registry`", OFFERED),
			shipped("`reports`", OFFERED),
			shipped("`schedules`", OFFERED),
			shipped("`skillhub`", OFFERED),
			shipped("`transcripts`", OFFERED),
			shipped("`usage`", OFFERED),
			shipped("Each is short, names only tools that there are, and orders nothing that no gate holds", [
				"test/skills/skills.test.ts",
				"is short enough to be read",
				"names only tools that there are",
				"orders nothing that code does not hold: each always, never, must is a gate's or marked as advice",
			]),
			planned("Swarm coordination, bootstrap of a fleet, networking"),
			planned("Preview deploy, PR review, git audit, contributing a fix"),
		],
	},
	people,
];
