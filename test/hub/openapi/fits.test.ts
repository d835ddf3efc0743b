import { expect, test } from "vitest";
import { type Answered, misfit } from "../fits.ts";

const refusal = { error: "task not found", code: "not_found", remedy: "List what there is." };
const answered = (method: string, path: string, status: number, body: unknown, contentType = "application/json") =>
	misfit({ method, path, status, contentType, body } satisfies Answered);

test.each([
	["what is declared", "GET", "/board/tasks?limit=1", 200, { tasks: [], count: 0 }],
	["a refusal in the form of all", "GET", "/board/tasks/x", 404, refusal],
	["a refusal of an address that is not there", "GET", "/nowhere", 404, refusal],
])("an answer fits that is %s", async (_what, method, path, status, body) => {
	expect(await answered(method, path, status, body)).toBeUndefined();
});

test.each([
	["a field too many", "GET", "/board/tasks", 200, { tasks: [], count: 0, more: 1 }, "must NOT have additional"],
	["a field too few", "GET", "/board/tasks", 200, { tasks: [] }, "must have required property 'count'"],
	["a field of another type", "GET", "/board/tasks", 200, { tasks: [], count: "0" }, "must be integer"],
	["another status of success", "POST", "/log", 200, {}, "no such status"],
	["a refusal of another form", "GET", "/log", 400, { message: "no" }, "must have required property"],
	["a code that is not in the table", "GET", "/log", 400, { ...refusal, code: "bad" }, "must be equal to one of"],
	["what is no address, and answers", "GET", "/nowhere", 200, {}, "no such status"],
])("an answer does not fit with %s", async (_what, method, path, status, body, why) => {
	expect(await answered(method, path, status, body)).toContain(why);
});

test("text where JSON is declared does not fit", async () => {
	expect(await answered("GET", "/board/tasks", 200, "no tasks", "text/plain")).toContain("text/plain is not declared");
});
