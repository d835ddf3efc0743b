import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wireRequest } from "../../src/client/request.ts";
import * as board from "../../src/contract/board.ts";
import * as log from "../../src/contract/log.ts";

describe("what a call looks like on the wire", () => {
	it("fills path parameters and leaves them out of the body", () => {
		expect(wireRequest(board.addNote, { taskId: "T1", content: "hi", type: "update" })).toEqual({
			method: "POST",
			path: "/board/tasks/T1/notes",
			body: '{"content":"hi","type":"update"}',
		});
	});

	it("puts the input of a GET into the query and leaves out what is not given", () => {
		expect(wireRequest(log.query, { last: "7d", limit: 5, since: undefined })).toEqual({
			method: "GET",
			path: "/log?last=7d&limit=5",
		});
	});

	it("keeps null in a body, for null clears a field", () => {
		expect(wireRequest(board.update, { id: "T1", assignee: null }).body).toBe('{"assignee":null}');
	});

	it("refuses an empty path parameter instead of calling another route", () => {
		expect(() => wireRequest(board.get, { id: "" })).toThrow("id is required");
		expect(() => wireRequest(board.get, {})).toThrow("id is required");
	});

	it("never lets a parameter leave its segment", () => {
		fc.assert(
			fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (id) => {
				fc.pre(id !== "." && id !== "..");
				const { pathname } = new URL(wireRequest(board.get, { id }).path, "http://hub");
				expect(pathname.split("/")).toHaveLength(4);
				expect(decodeURIComponent(pathname.split("/")[3] ?? "")).toBe(id);
			}),
			{ examples: [["../.."], ["a/b"], ["?x=1"], ["%2e%2e"], ["#"]] },
		);
	});

	it.each([".", "..", "\ud800"])("refuses %j, which has no form as one segment", (id) => {
		expect(() => wireRequest(board.get, { id })).toThrow("invalid id");
	});
});
