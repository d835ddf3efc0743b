import { describe, expect, test } from "vitest";
import { type Body, testHub, worldAt } from "../support.ts";

let now = Date.parse("2026-01-01T00:00:00Z");
const { ask, done, mint } = await testHub({ world: worldAt(() => now) });
const vm = (id: string, fields: object = {}) => ({
	id,
	name: id,
	role: "worker",
	address: "a",
	registeredBy: "ann",
	...fields,
});
const ids = async (path: string): Promise<string[]> => (await done("GET", path)).vms.map((one: Body) => one.id);

describe("a VM", () => {
	test("is registered once; the old API's answer to a second time is 409", async () => {
		expect(
			await done(
				"POST",
				"/registry/vms",
				vm(" v1 ", { services: [{ name: "web", port: 80, x: 1 }], metadata: { a: null } }),
			),
		).toEqual({
			...vm("v1", { services: [{ name: "web", port: 80, x: 1 }], metadata: { a: null } }),
			name: "v1",
			status: "running",
			registeredAt: "2026-01-01T00:00:00.000Z",
			lastSeen: "2026-01-01T00:00:00.000Z",
		});
		expect(await ask("POST", "/registry/vms", vm("v1"))).toMatchObject({
			status: 409,
			body: { error: "VM already registered" },
		});
	});

	test("may be registered again by the agent that did so", async () => {
		const bob = { token: await mint("lieutenant", "bob") };
		const eve = { token: await mint("lieutenant", "eve") };
		const { registeredBy: _, ...mine } = vm("v2");
		const first = await done("POST", "/registry/vms", mine, bob);
		now += 1_000;
		const second = await done("POST", "/registry/vms", { ...mine, address: "b" }, bob);
		expect(second).toMatchObject({
			address: "b",
			registeredAt: first.registeredAt,
			lastSeen: new Date(now).toISOString(),
		});
		expect((await ask("POST", "/registry/vms", mine, eve)).status).toBe(409);
	});

	test.each([
		[{ id: " " }, "id is required"],
		[{ name: "" }, "name is required"],
		[{ role: "king" }, "invalid role: king"],
		[{ role: undefined }, "invalid role: undefined"],
		[{ status: "up" }, "invalid status: up"],
		[{ address: 5 }, "address is required"],
		[{ registeredBy: undefined }, "registeredBy is required"],
		[{ id: "", name: "", role: "x" }, "id is required"],
		[{ services: null }, "invalid services: null"],
		[{ services: ["web"] }, "invalid services: web"],
		[{ services: [{ name: "web" }] }, "services.port is required"],
	])("with %j is refused", async (fields, error) => {
		expect(await ask("POST", "/registry/vms", vm("bad", fields))).toMatchObject({ status: 400, body: { error } });
	});

	test("can be changed, but for its role", async () => {
		await done("POST", "/registry/vms", vm("v3"));
		now += 1_000;
		const changed = await done("PATCH", "/registry/vms/v3", { status: "paused", role: "infra", metadata: { b: 1 } });
		expect(changed).toMatchObject({
			status: "paused",
			role: "worker",
			metadata: { b: 1 },
			lastSeen: new Date(now).toISOString(),
		});
		expect((await ask("PATCH", "/registry/vms/v3", { name: "" })).body.error).toBe("name cannot be empty");
		expect((await ask("PATCH", "/registry/vms/v3", { address: " " })).body.error).toBe("address cannot be empty");
		expect((await ask("PATCH", "/registry/vms/v3", { status: "x" })).body.error).toBe("invalid status: x");
		expect(await done("DELETE", "/registry/vms/v3")).toEqual({ deleted: true });
		expect(await ask("GET", "/registry/vms/v3")).toMatchObject({ status: 404, body: { error: "VM not found" } });
	});

	test("that was not heard for five minutes does not count as running", async () => {
		await done("POST", "/registry/vms", vm("i1", { role: "infra" }));
		await done("POST", "/registry/vms", vm("i2", { role: "infra" }));
		await done("POST", "/registry/vms", vm("i3", { role: "infra", status: "stopped" }));
		expect(await ids("/registry/discover/infra")).toEqual(["i1", "i2"]);
		now += 5 * 60_000;
		expect(await done("POST", "/registry/vms/i2/heartbeat")).toEqual({
			id: "i2",
			lastSeen: new Date(now).toISOString(),
		});
		now += 1;
		expect(await ids("/registry/discover/infra")).toEqual(["i2"]);
		expect(await ids("/registry/vms?role=infra&status=running")).toEqual(["i2"]);
		expect(await ids("/registry/vms?role=infra")).toEqual(["i3", "i2", "i1"]);
		expect(await ids("/registry/discover/nobody")).toEqual([]);
		expect((await ask("POST", "/registry/vms/none/heartbeat")).status).toBe(404);
	});

	test("that says running and is silent is shown as stale, also in the unfiltered list", async () => {
		await done("POST", "/registry/vms", vm("s1"));
		await done("POST", "/registry/vms", vm("s2", { status: "stopped" }));
		expect(await done("GET", "/registry/vms/s1")).not.toHaveProperty("stale");
		now += 5 * 60_000 + 1;
		const { vms } = await done("GET", "/registry/vms");
		expect(vms.find((one: Body) => one.id === "s1")).toMatchObject({ status: "running", stale: true });
		expect(vms.find((one: Body) => one.id === "s2")).not.toHaveProperty("stale");
		await done("POST", "/registry/vms/s1/heartbeat");
		expect(await done("GET", "/registry/vms/s1")).not.toHaveProperty("stale");
	});

	test("is found by a service that it offers", async () => {
		const services = (name: string) => ({ services: [{ name, port: 80 }] });
		await done("POST", "/registry/vms", vm("w1", { role: "custom", ...services("web") }));
		await done("POST", "/registry/vms", vm("w2", { role: "custom", ...services("db") }));
		await done("POST", "/registry/vms", vm("w3", { role: "custom" }));
		expect(await ids("/registry/discover/custom?service=web")).toEqual(["w1"]);
		expect(await ids("/registry/vms?service=db")).toEqual(["w2"]);
		expect(await ids("/registry/vms?service=%27")).toEqual([]);
	});

	test("is changed and taken off by whoever registered it or who leads, by nobody else", async () => {
		const ann = { token: await mint("lieutenant", "ann2") };
		const eve = { token: await mint("worker", "eve2") };
		const { registeredBy: _, ...mine } = vm("own");
		await done("POST", "/registry/vms", mine, ann);
		for (const method of ["PATCH", "DELETE"])
			expect((await ask(method, "/registry/vms/own", { address: "evil" }, eve)).status).toBe(403);
		await done("PATCH", "/registry/vms/own", { address: "b" }, ann);
		expect(await done("DELETE", "/registry/vms/own", undefined, ann)).toEqual({ deleted: true });
	});
});
