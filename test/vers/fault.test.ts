import { expect, test } from "vitest";
import { classOf, VersFault } from "../../src/vers/fault.ts";
import { errors, NETLINK } from "../support/vers-sim/fixture.ts";

const known = [
	["badId", errors.badId("x"), "bad_request"],
	["notJson", errors.notJson, "bad_request"],
	["badUnion", errors.badUnion, "bad_request"],
	["invalid", errors.invalid("no"), "bad_request"],
	["noKey", errors.noKey, "auth"],
	["deleteForbidden", errors.deleteForbidden, "forbidden"],
	["notFound", errors.notFound, "gone"],
	["commitNotFound", errors.commitNotFound, "gone"],
	["branchVmNotFound", errors.branchVmNotFound, "gone"],
	["commitInUse", errors.commitInUse(2), "bad_request"],
	["wrongType", errors.wrongType("state"), "bad_request"],
	["capacity", errors.capacity, "capacity"],
	["deleteFailed", errors.deleteFailed, "transient"],
	["diskFull", errors.diskFull, "transient"],
	["internalText", errors.internalText, "capacity"],
	["internalJson", errors.internalJson, "transient"],
	["internalEmpty", errors.internalEmpty, "transient"],
	["tooMany", errors.tooMany, "transient"],
	["proxy", errors.proxy, "transient"],
] as const;

test.each(known)("the platform's %s is classed", (_name, { status, kind, body }, type) => {
	expect(classOf({ status, body, ...(kind === "none" ? {} : { kind }) })).toBe(type);
});

test("no answer is a passing fault, and a key that is refused is one, also where the gateway speaks", () => {
	expect(classOf({ body: "" })).toBe("transient");
	expect(classOf({ status: 401, body: "{}", kind: "application/json" })).toBe("auth");
});

test("the platform's words are kept, and are in nothing that is sent on", () => {
	const fault = new VersFault("capacity", "a new machine", `500 ${NETLINK}`);
	expect(fault.raw).toContain("netlink");
	expect(`${fault.message} ${fault.remedy} ${JSON.stringify(fault)}`).not.toContain("netlink");
	expect(fault.message).toBe("Vers has no room for a new machine.");
});
