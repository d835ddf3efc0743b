/** What is to be done about lieutenants, wherever they run. */
import { type Area, planned, shipped } from "./feature.ts";
import { outage } from "./outage.ts";

const FLEET = "test/host/fleet.test.ts";
const LIFE = "test/host/agent/life.test.ts";
const STEERS = "test/host/steers.test.ts";
const BOUNDS = "test/host/bounds/keeper.test.ts";
const PURSE = "test/host/budgets/purse.test.ts";
const LIEUTENANTS = "test/extensions/lieutenants.test.ts";
const RECOVERY = "test/extensions/recovery.test.ts";
const WITHSTAND = "test/withstand/lieutenants.test.ts";
const RECORDS = "test/extensions/records.test.ts";
const ELSEWHERE = "test/extensions/elsewhere.test.ts";
const CONNECTION = "test/host/machines/connection.test.ts";

export const fleet: Area = {
	name: "Fleet",
	features: [
		shipped(
			"`vers_lt_create` makes a lieutenant on this machine",
			[FLEET, "a lieutenant does its task, says so once, and is read"],
			[LIEUTENANTS, "creates a lieutenant with a task, hears once that it is done, and goes on by itself"],
		),
		shipped(
			"`vers_lt_create` makes one on a machine reached by ssh, which gets what it lacks",
			[ELSEWHERE, "gives work there, hears its end once, and the hub here has what was logged and used there"],
			[CONNECTION, "a bare machine gets Node, Flagship and pi; the second time nothing is sent"],
		),
		shipped("`vers_lt_create` makes one on a VM of a golden commit", [
			"test/host/machines/vers.test.ts",
			"each gets one, made from the golden snapshot; its keys are on no disk; with the last one the VM goes",
			"where its host there is killed it comes back with its keys; after a reboot it waits for them, and gets them",
			"a machine that cannot be made ready is ended again",
			"one whose machine is gone has failed, once; its end is noted, and the host there is not waited for",
			"a host that is killed while a VM is made finds and ends it; the lost answer of a creation is looked up",
		]),
		shipped(
			"While one is being made on a VM its steps are shown; Escape or Ctrl-C calls it off, and its VM is deleted or listed",
			[
				"test/extensions/creation.test.ts",
				"shows what is being done, step by step, until it is there",
				"is called off by Escape: its VM is deleted, or on the list of those that are not",
			],
			[
				"test/cli/creating.test.ts",
				"each step is a line, on standard error where JSON is asked for; Ctrl-C ends what was made, says so, and exits with 130",
			],
			[
				"test/host/machines/vers.test.ts",
				"one that is called off when its agent is being started there already is ended, and its VM; asked for again it is made",
			],
			[
				"test/host/calls.test.ts",
				"tells each step to whoever waits for it, and all of them to who asks again meanwhile",
				"is called off by whoever waits for it, and begins anew when it is asked for again, only after its end",
			],
		),
		shipped("`vers_lt_move`: to another place in the middle of its conversation, with branch and uncommitted work", [
			"test/host/machines/move.test.ts",
			"goes on in its session on the VM, with its commits and what it had not committed; and comes back with more",
			"stays and goes on where the new place cannot have it",
			"a host that is killed in between finishes it, and it lives in one place; meanwhile nobody starts it",
		]),
		shipped("`vers_lt_replace`: a fresh agent with its role, task, folder, branch and unread messages", [
			"test/host/replace.test.ts",
			"has a successor with its folder, its work, what it left and what it had not read; it itself is gone",
			"by a host that is killed at any moment of it: one is left, and every message is read once",
			"at rest: the successor rests, and knows what was; two at once make one",
		]),
		shipped("`fallback`: a lieutenant that another machine cannot have is made here, or a person is asked", [
			"test/host/machines/elsewhere.test.ts",
			"a place that cannot have it: a person is to be asked, or it is made here and says so, never twice",
		]),
		shipped("`place: auto` chooses the place", [
			"test/host/machines/vers.test.ts",
			"when the platform has no room it is made here, where that was said; else it is asked about; nothing leaks",
		]),
		shipped(
			"`vers_lt_send`: prompt, steer and follow-up, each with a receipt",
			[FLEET, "a hard steer lands while bash sleeps, and what was queued follows it"],
			["test/cli/lieutenants.test.ts", "from a shell alone a lieutenant is made, given work, read and ended"],
		),
		shipped("A steer that is not consumed escalates, and lands or is told", [
			STEERS,
			"while bash sleeps, made hard under its own id; and two at once",
			"in a tool loop, by itself",
			"in a stream that hangs",
			"in a compaction that hangs",
			"in the pause before a retry that is long",
			"or its lieutenant is stopped and reported, and the steer says that it is lost",
		]),
		shipped("`vers_lt_read` and `vers_lt_status`", [
			"test/cli/lieutenants.test.ts",
			"from a shell alone a lieutenant is made, given work, read and ended",
		]),
		shipped("`vers_lt_pause`, `vers_lt_resume` and `vers_lt_destroy`", [
			FLEET,
			"paused it keeps its session and takes no messages; resumed it goes on; destroyed it leaves its transcript",
		]),
		shipped("`vers_lt_discover` finds and adopts another's lieutenants", [
			WITHSTAND,
			"two orchestrators in one folder: the second looks on, owns what it makes, and may adopt",
		]),
		shipped(
			"Completion, death and limit are told once to the owner, and survive its restart",
			[FLEET, "an agent killed in a tool is told once, started again, and finishes what it was asked"],
			[
				RECOVERY,
				"what was told while no session was there is unread, and in the state until it is in the conversation",
			],
			[
				BOUNDS,
				"the cap that was named wins, also across a kill -9 of the host, and is told once; resumed it has a fresh one",
			],
		),
		shipped("A stall is told once to the owner, apart from a death, each kind as what it is", [
			"test/host/liveness/causes.test.ts",
			"frozen: told as frozen, nothing is ended, and its late end of work is told like any other",
			"a process that runs and hears nothing is told apart from a frozen one",
			"killed, and out of memory by its own heap: two causes, and both go on from the session",
			"killed by the system for want of memory: told as that, not as a signal",
			"a stream that hangs is told, ended by the host and asked anew",
		]),
		shipped("A provider that answers 429 is backed off from by the whole fleet", [
			"test/host/liveness/storm.test.ts",
			"is left alone by the whole fleet, told once, and asked again one after another; nothing is lost",
		]),
		shipped("A dead agent is revived from its session", [
			FLEET,
			"an agent killed in a tool is told once, started again, and finishes what it was asked",
			"a prompt whose agent is killed before the first answer is delivered again, once",
		]),
		shipped("A dead link is told apart from a dead agent, and healed without loss", [
			"test/host/machines/ssh.test.ts",
			"a machine is made ready, its lieutenant works, the way breaks and heals, and nothing is lost",
			"the host here is killed: the next one ends the connection that it left, and has its fleet again",
		]),
		planned("A dead VM is told apart from a dead link"),
		shipped(
			"Local lieutenants survive the end of the orchestrator and of the host",
			[
				FLEET,
				"a host killed while its agent works changes nothing",
				"host and agent killed together: both come back, nothing is lost or doubled",
			],
			[BOUNDS, "it is stopped and reported also when the orchestrator is killed right after it gave the work"],
		),
		shipped(
			"Local lieutenants survive laptop sleep and a reboot",
			[
				"test/extensions/reboot.test.ts",
				"the next session has the same fleet: sessions go on, messages come once, each death is told once",
			],
			[
				"test/hub/board/expiry.test.ts",
				"a night's sleep ends no claim: whoever asks first afterwards finds it held, and it has as much left as before",
			],
		),
		planned("Ten local lieutenants at once work on two cores"),
		shipped(
			"Each has its own worktree and branch, ports, temporary folder and environment",
			[
				"test/host/worktree.test.ts",
				"is made from the current commit on a branch of its own, at the same place in the tree",
			],
			[LIFE, "has an environment of its own, without the secrets of the session that made it"],
		),
		planned("A sandbox where the system has one; `fallback: auto / ask / never`"),
		shipped("`vers_lt_replace`: a fresh agent in its place, with role, task, folder, branch and unread messages", [
			"test/extensions/replace.test.ts",
			"the orchestrator puts a fresh one there, and is told when that is done",
		]),
		planned("Warm reuse: idle lieutenants with what they know; which of them fits a task"),
		...outage,
		shipped("Clock skew of a machine is measured, set right and told", [
			CONNECTION,
			"a clock that is off is set right, and said",
		]),
		shipped("Disk space is looked at before and during work", [
			"test/host/liveness/disk.test.ts",
			"refuses new work, then pauses what runs, and lets it go on with space; each is told once for all",
			"a death that cannot be stored is told as soon as there is space, once",
		]),
		shipped("Host and hub start on a disk without a free byte, and say so", [
			"test/withstand/disk.test.ts",
			"the host starts, says so, and goes on when there is space",
		]),
		shipped(
			"All work has something due at its end and a cap, by default",
			[
				BOUNDS,
				"a bare task to one that only reads ends within 30 turns, with a report, and goes back to the board",
				"no turn begins beyond the cap: its pi keeps to it by itself, however fast, also while no host is there",
				"with the work-log gate off the ladder goes by tools: who only reads is stopped, who runs commands is not",
			],
			[
				"test/host/bounds/due.test.ts",
				"what was due is looked for: a file, a check that hangs, forks and floods, and nothing because it was said",
				"commits, a handed-in board task and a check that prints 100 MB are looked for; work without anything due is logged; gone, its token is revoked",
			],
		),
		shipped(
			"Budgets per lieutenant and fleet, reserved before launch: `budget_set`, `budget_show`",
			[
				PURSE,
				"of its own stops a lieutenant in all its work, at most one turn beyond it",
				"of the fleet is shared: who asks too much is not made, who gets the rest is stopped by it, all are told once",
				"goes on under what is reserved while the hub is away, never above it, and nobody gets any",
			],
			[
				"test/hub/budgets/race.test.ts",
				"64 launches at once race for the last dollar: exactly as many win as fit, every time",
			],
		),
		shipped(
			"`ralph_start`, `ralph_status`, `ralph_stop`: fresh contexts until a command passes",
			[
				"test/host/ralph/ralph.test.ts",
				"gives each round a fresh mind, ends when the command passes in the third, and says so once",
				"goes on where it was after a kill -9 of its host in the middle of a round, and runs no round twice",
				"is stopped in the middle of a round: its process is gone, and no further round begins",
			],
			[
				"test/extensions/ralph.test.ts",
				"is found, runs three rounds until its command passes, and the printed run hears of it",
			],
		),
		planned("Swarms: spawn, task, status, read, wait, discover, teardown; nested fleets"),
		shipped("Golden images are built and checked", [
			"test/extensions/golden.test.ts",
			"is built and proven by two calls of an orchestrator, which reads each finding",
		]),
		planned("A person's own configuration is brought along to a VM"),
		shipped("Every snapshot that is taken is in the ledger: lost answers and a killed host included", [
			"test/host/vms/snapshots.test.ts",
			"one whose answer is lost is found in the platform's list, and is the answer",
			"a host that is killed right after one finds it when it is back; asked again it takes another, and both are recorded",
			"of several that may be it each is recorded, as one that may hold keys",
			"one that the platform refuses leaves nothing to be looked for",
		]),
		shipped(
			"`vers_vms`, `vers_vm_create`, `vers_vm_branch`, `vers_vm_commit`, `vers_vm_restore`, `vers_vm_state`, `vers_vm_delete`",
			[
				"test/extensions/vms.test.ts",
				"are made, cloned, snapshotted, paused and ended; each snapshot is in the ledger; no key and no word of a stranger is shown",
			],
			[
				"test/vers/client.test.ts",
				"the answer of a creation is lost: the machine is found again, none is made twice, none is forgotten",
				"no room: told as that, whatever its words, and what was made is kept",
			],
		),
		shipped("`vers_vm_use`, `vers_vm_local`, `vers_vm_copy`: read, bash, edit and write go to a VM; `/vers`", [
			"test/extensions/vms/at-hand.test.ts",
			"read, bash, edit and write act there, files go to and fro, and all of it comes back",
			"a session that goes on has it still; a VM that is gone is refused, and nothing is done here instead",
			"/vers lists, puts at hand and brings back; what a person types behind ! goes there",
		]),
		shipped("On a VM they are what they are here: exit codes, streaming, abort, timeout, bytes, large files", [
			"test/extensions/vms/operations.test.ts",
			"out of time: what it said stays, and all that it began is ended",
			"in the middle: the command is ended there, is not run again, and it is said so",
		]),
		shipped(
			"`vers_golden_build`, `flagship golden build`: a golden image with all that a lieutenant needs and no key",
			[
				"test/host/golden/golden.test.ts",
				"one is built with all that a lieutenant needs, holds no key, and is proven by a lieutenant that answers",
				"a secret is refused with its path, whatever it lies in, and no VM is left; a check tells it, too",
				"a machine without git is refused, and a check names it",
				"the second of two at once is refused; a host that is killed in the middle leaves no VM",
				"a host that is killed between the snapshot and its record finds it and records it as golden when it is back",
			],
			[
				"test/host/golden/secrets.test.ts",
				"the platform's own key may get in, another may not; names come back, and never what they hold",
			],
		),
		shipped("`vers_golden_check`, `flagship golden check`: versions, secrets, and a lieutenant there that answers", [
			"test/host/golden/golden.test.ts",
			"one with Flagship of another version is stale; one that is gone is told, with what to do",
			"a host that is killed while the lieutenant of a check is at work ends it and its VM",
		]),
		shipped("An orchestrator has one built and proven", [
			"test/extensions/golden.test.ts",
			"is built and proven by two calls of an orchestrator, which reads each finding",
		]),
		shipped("A check that finds something is exit code 1 at a shell", [
			"test/cli/golden.test.ts",
			"without a golden image it says how one is made; one that is gone is a FAIL, with what to do, and exit code 1",
		]),
		planned("Background processes"),
		planned("Branches and pull requests as records: opened, merged, checks"),
		planned("Merge forecast and safe merge"),
		planned("Audit of git: direct pushes, unmerged work, commits older than their parents"),
		shipped("Transcripts are kept, also of the destroyed", [
			FLEET,
			"paused it keeps its session and takes no messages; resumed it goes on; destroyed it leaves its transcript",
		]),
		shipped(
			"Transcripts are searched and read, also of the destroyed: `transcript_list`, `transcript_search`, `transcript_read`",
			[
				"test/withstand/transcripts.test.ts",
				"is in the hub once, also what was said while the hub was away, and after it is destroyed; no secret is",
			],
			[
				"test/hub/transcripts/transcripts.test.ts",
				"an admin all, a host its machine's, an orchestrator its fleet's, a lieutenant what its orchestrator may",
				"is read in pages, of so many entries or characters, from where a search has found",
			],
			[RECORDS, "are found, written, kept and read"],
		),
		shipped(
			"`flagship deploy`: the hub of another machine, by ssh: backup, ship, trial, migrate, health, roll back",
			[
				"test/deploy/deploy.test.ts",
				"a machine without a hub gets one; an older one is brought up, backup first; the same again does nothing",
				"a version that cannot take over what is there is found on a copy; the hub is not even ended",
				"a hub that does not start, and one that loses records, are rolled back: the one before runs, with all it had",
				"kill -9 there when it is %s: the next one goes on, and it stands in the log once",
				"kill -9 there when the new hub answers already: the same or another tells it, and goes on from there",
				"kill -9 there when a hub that loses records answers: another version rolls back first, but nothing that was written for long",
				"kill -9 there while it is rolled back: the next one ends that first, also when it brings another version",
				"kill -9 of the command here: what was begun there ends by itself or is gone on with",
				"two at once: one is at work, the other is refused in words, from this machine and from another",
			],
			["test/deploy/disk.test.ts", "full before: refused, and the hub goes on; full in the middle: as before or new"],
		),
		shipped("Deploy of the hub to a VM, as to any machine: backup, ship, migrate, health, roll back", [
			"test/deploy/deploy.test.ts",
			"a VM gets one, and a newer one, by its own name; what is no place is said to be none",
		]),
	],
};
