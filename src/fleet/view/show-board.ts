/** `/board`: what the view asks of the hub, and the same as text. */
import type { ExtensionCommandContext } from "@earendil-works/pi-coding-agent";
import type { Client } from "../../client/client.ts";
import { list } from "../../contract/board.ts";
import { history } from "../../contract/queue.ts";
import { approve, reject } from "../../contract/review.ts";
import { rounds, verdict } from "../../contract/rounds.ts";
import { type Task, whole } from "../../contract/task.ts";
import type { Home } from "../../daemon/home.ts";
import { boardText } from "./board-lines.ts";
import { COLUMNS, inOrder, withWords } from "./board-order.ts";
import { type BoardParts, BoardView } from "./board-view.ts";
import { clock, showWhole } from "./show.ts";

/** ms between looks. */
const LOOK = 2_000;
/** Tasks of one status, newest first; what is done is soon the most. */
const MOST = 200;
const MOST_DONE = 50;
const CHANGES = 50;

type Hub = Pick<Client, "call">;

async function tasksOf(hub: Hub): Promise<readonly Task[]> {
	const asked = COLUMNS.map(([status]) => hub.call(list, { status, limit: status === "done" ? MOST_DONE : MOST }));
	return (await Promise.all(asked)).flatMap(({ tasks }) => tasks);
}

/** All that there is of it, newest changes last. */
async function readTask(hub: Hub, task: Task): Promise<string> {
	const { id } = task;
	const [review, changes] = await Promise.all([
		hub.call(rounds, { taskId: id }),
		hub.call(history, { id, limit: CHANGES }),
	]);
	const reviewed = review.count === 0 ? [] : ["", "Review", rounds.tell(review, { taskId: id })];
	const oldest = { count: changes.count, changes: [...changes.changes].reverse() };
	return [whole(task), ...reviewed, "", "History", history.tell(oldest, { id })].join("\n");
}

const verdicts = (hub: Hub): Pick<BoardParts, "approve" | "needsChanges"> => ({
	async approve(task) {
		const taskId = task.id;
		if (task.round === undefined) return approve.tell(await hub.call(approve, { taskId }), { taskId });
		// Of the round that was looked at: one that was handed in meanwhile is not approved unseen.
		const input = { taskId, verdict: "approve", round: task.round } as const;
		return verdict.tell(await hub.call(verdict, input), input);
	},
	async needsChanges(task, words) {
		const taskId = task.id;
		if (task.round === undefined) {
			const input = { taskId, reason: words };
			return reject.tell(await hub.call(reject, input), input);
		}
		const input = { taskId, verdict: "needs_changes", comment: words, round: task.round } as const;
		return verdict.tell(await hub.call(verdict, input), input);
	},
});

/** On the screen, until it is left. */
export async function showBoard(ctx: ExtensionCommandContext, home: Home, hub: Hub, words: string): Promise<void> {
	await showWhole(ctx, home, (screen) => {
		const parts = { tasks: () => tasksOf(hub), read: (task: Task) => readTask(hub, task), ...verdicts(hub) };
		const view = new BoardView({ ...screen, ...parts }, words);
		void view.refresh();
		const looking = clock.every(LOOK, () => void view.refresh());
		return { view, dispose: () => looking.cancel() };
	});
}

/** Where there is no screen. */
export const boardAsText = async (hub: Hub, words: string): Promise<string> =>
	boardText(withWords(inOrder(await tasksOf(hub)), words));
