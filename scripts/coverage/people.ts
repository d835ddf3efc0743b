/** What people have of Flagship, kept by hand like `features.ts`, of which it is a part. */
import { type Area, planned, shipped } from "./feature.ts";

const LIEUTENANTS = "test/extensions/lieutenants.test.ts";
const RECOVERY = "test/extensions/recovery.test.ts";
const TERMINAL = "test/extensions/terminal.test.ts";
const BOARD = "test/extensions/board-view.test.ts";
const VIEW = "test/fleet/view/fleet-view.test.ts";
const PAGE = "test/fleet/view/fleet-page.test.ts";
const KEYS = "test/fleet/view/keys.test.ts";
const CLI = "test/cli/main.test.ts";

export const people: Area = {
	name: "People",
	features: [
		shipped("One conversation runs the fleet", [
			LIEUTENANTS,
			"creates a lieutenant with a task, hears once that it is done, and goes on by itself",
		]),
		shipped("A page for seeing, approving and stopping; what is done there reaches the orchestrator", [
			"test/ui/fleet.test.ts",
			"is seen at work, steered, stopped and resumed there, and its orchestrator is told each time",
			"is stopped as a whole after a question, and a session that was closed meanwhile is told when it is resumed",
		]),
		shipped(
			"The terminal shows the fleet: widget, status line, `/fleet` with rows, transcript, steer, stop and stop all",
			[
				TERMINAL,
				"the widget shows the fleet; one is watched, typed to and left",
				"print and RPC have the fleet as text",
			],
			[VIEW, "x asks before it stops one, X before it stops all that run; what failed is said"],
		),
		shipped(
			"`/board`: tasks by status, one with its history, approved or sent back after a question",
			[
				BOARD,
				"/board shows tasks by status, one with its history, and approves or sends back after a question",
				"print and RPC have the board as text, filtered by words",
			],
			[
				"test/fleet/view/board-view.test.ts",
				"what needs changes goes back with words, which a no does not lose",
				"approving is asked for once more, and only of what waits in review",
			],
		),
		shipped(
			"Full views: 40 columns are enough, keys are set, and what others say moves no cursor",
			[TERMINAL, "40 columns are enough, and keys are a person's own"],
			[PAGE, "what others are called and say moves no cursor, turns no line and overflows no terminal"],
			["test/fleet/view/board-page.test.ts", "what tasks say moves no cursor, and overflows no terminal"],
			[
				KEYS,
				"the page of the terminal shows the keys as they are without any setting",
				"what cannot be read is not taken and is named, and so is a key with two meanings",
			],
		),
		shipped("The tour: no account, no key", [
			"test/demo/demo.test.ts",
			"the demo ends well, touches nothing of the person's, and what it keeps bears its figures out",
		]),
		shipped("Installed from a folder, from git or from npm", [
			"test/package/install.test.ts",
			"from a folder",
			"from git; pi fetches our dependencies, and no second pi",
		]),
		shipped("The brief after hours away: done, stuck, spent, needs you (`fleet_brief`)", [
			RECOVERY,
			"the first prompt after a night shows what was done and spent, once; the model sees it as well",
		]),
		shipped("An orchestrator has fleet, open tasks and unread notices with every request", [
			RECOVERY,
			"killed and started again, it has fleet and open tasks with its first request",
			"compacted by hand and in the middle of a run, it has both with the next request, once",
			"compacted because its context was too long, it goes on with fleet, tasks and what was told meanwhile",
		]),
		shipped("`flagship doctor` says what is wrong, and revives what was killed", [
			CLI,
			"the doctor revives a killed loop and a killed daemon, and names what else is wrong",
			"the doctor lets a stopped loop go on",
		]),
		shipped("Guides for people, orchestrators and operators, with pictures of the real thing", [
			"test/scripts/guides.test.ts",
			"commands that the pages name are commands",
		]),
		planned("Capabilities that are dropped in: a folder with declaration, handler and skill, loaded after approval"),
	],
};
