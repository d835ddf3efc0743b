import { expect, test } from "vitest";
import { testHub } from "../support.ts";

const { done, mint } = await testHub();

test("board/mine holds what one has made, holds or is meant to do and what is not done, last changed first", async () => {
	const [ann, bob] = [await mint("orchestrator", "ann"), await mint("lieutenant", "bob")];
	const create = (title: string, fields: object = {}, token = ann) =>
		done("POST", "/board/tasks", { title, ...fields }, { token });
	const made = await create("made");
	const meant = await create("meant", { assignee: "ann" }, bob);
	const held = await create("held", {}, bob);
	await create("other", {}, bob);
	const over = await create("over");
	await done("PATCH", `/board/tasks/${over.id}`, { status: "done" }, { token: ann });
	await done("POST", `/board/tasks/${held.id}/claim`, {}, { token: ann });
	await done("PATCH", `/board/tasks/${made.id}`, { status: "blocked" }, { token: ann });

	const mine = await done("GET", "/board/mine", undefined, { token: ann });
	expect(mine.tasks.map(({ id }: { id: string }) => id).sort()).toEqual([made.id, meant.id, held.id].sort());
	expect(mine).toMatchObject({ count: 3, open: 3 });
	expect(await done("GET", "/board/mine?limit=1", undefined, { token: ann })).toMatchObject({
		...{ count: 1, open: 3 },
		tasks: [{ id: made.id }],
	});
	expect(await done("GET", "/board/mine", undefined, { token: await mint("worker", "eve") })).toEqual({
		...{ tasks: [], count: 0, open: 0 },
	});
});
