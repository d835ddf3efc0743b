/** The shape of every endpoint, against the fixture that clients read too. */
import { expect, test } from "vitest";
import { type Answer, API_KEY, errors, shapes } from "./fixture.ts";
import { type Reply, startSim, Visitor } from "./visitor.ts";

const sim = await startSim({ slots: 40 });
const visitor = new Visitor(sim);
const NOBODY = "00000000-0000-4000-8000-000000000000";

function hasShape(value: unknown, { must, may }: { must: readonly string[]; may: readonly string[] }): void {
	const names = Object.keys(value === null || typeof value !== "object" ? {} : value);
	expect(names).toEqual(expect.arrayContaining([...must]));
	expect([...must, ...may]).toEqual(expect.arrayContaining(names));
}

function is(reply: Reply, answer: Answer): void {
	expect({ status: reply.status, kind: reply.kind ?? "none", body: reply.text }).toEqual({
		status: answer.status,
		kind: answer.kind,
		body: answer.body,
	});
}

const parsed = (reply: Reply): unknown => JSON.parse(reply.text);
const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const idIn = (value: unknown): string =>
	typeof value === "object" && value !== null && "vm_id" in value ? String(value.vm_id) : "";

test("Machines are made, listed among those of others, looked at and deleted with the platform's shapes and codes", async () => {
	sim.faults.add({ type: "boot_delay", seconds: 0.5 }, { times: 1 });
	const made = await visitor.call("POST", "/vm/new_root", { vm_config: { vcpu_count: 2, labels: { run: "7" } } });
	expect(made.status).toBe(201);
	hasShape(parsed(made), shapes.made);
	const vm = String(made.field("vm_id"));
	expect((await visitor.call("GET", `/vm/${vm}/status`)).field("state")).toBe("booting");
	const key = await visitor.call("GET", `/vm/${vm}/ssh_key`);
	hasShape(parsed(key), shapes.key);
	expect(key.field("ssh_private_key")).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/);
	// A pause waits for the boot; state and disk answer with nothing, without a content type.
	const paused = await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Paused" });
	expect([paused.status, paused.kind, paused.text]).toEqual([200, null, ""]);
	expect((await visitor.call("PATCH", `/vm/${vm}/disk`, { fs_size_mib: 64 })).text).toBe("");
	const list = items(parsed(await visitor.call("GET", "/vms")));
	expect(list).toHaveLength(2);
	for (const one of list) hasShape(one, shapes.vm);
	expect(list.find((one) => idIn(one) === vm)).toMatchObject({ state: "paused", labels: { run: "7" } });
	expect(
		list.some((one) => typeof one === "object" && one !== null && !JSON.stringify(one).includes(API_KEY.slice(0, 36))),
	).toBe(true);
	hasShape(parsed(await visitor.call("GET", `/vm/${vm}/metadata`)), shapes.metadata);
	const gone = await visitor.call("DELETE", `/vm/${vm}`);
	expect([gone.status, gone.text]).toEqual([200, JSON.stringify({ vm_id: vm })]);
	is(await visitor.call("DELETE", `/vm/${vm}`), errors.deleteForbidden);
	is(await visitor.call("DELETE", `/vm/${list.map(idIn).find((id) => id !== vm)}`), errors.deleteForbidden);
});

test("Errors are the platform's, to the byte and the content type", async () => {
	const vm = await visitor.boot();
	is(await visitor.call("GET", "/vms", undefined, "wrong"), errors.noKey);
	expect((await fetch(`${new URL(sim.baseUrl).origin}/health`)).status).toBe(200);
	expect(
		(await fetch(`${new URL(sim.baseUrl).origin}/vms`, { headers: { authorization: `Bearer ${API_KEY}` } })).status,
	).toBe(200);
	is(await visitor.call("GET", "/vm/nothing/status"), errors.badId("nothing"));
	is(await visitor.call("GET", `/vm/${NOBODY}/status`), errors.notFound);
	is(await visitor.call("POST", "/vm/new_root", "{"), errors.notJson);
	is(await visitor.call("POST", "/vm/from_commit"), errors.notJson);
	is(await visitor.call("POST", "/vm/from_commit", {}), errors.badUnion);
	is(await visitor.call("POST", "/vm/from_commit", { commit_id: NOBODY, ref: "a:b" }), errors.badUnion);
	is(await visitor.call("POST", "/vm/from_commit", { commit_id: NOBODY }), errors.commitNotFound);
	is(await visitor.call("POST", "/vm/from_commit", { tag_name: "none" }), errors.tagNotFound);
	const lower = await visitor.call("PATCH", `/vm/${vm}/state`, { state: "paused" });
	expect([lower.status, lower.kind]).toEqual([422, "text/plain; charset=utf-8"]);
	const negative = await visitor.call("PATCH", `/vm/${vm}/disk`, { fs_size_mib: -1 });
	expect([negative.status, negative.kind]).toEqual([422, "text/plain; charset=utf-8"]);
	is(await visitor.call("POST", `/vm/${NOBODY}/branch`), errors.commitNotFound);
	is(await visitor.call("POST", `/vm/branch/by_vm/${NOBODY}`), errors.branchVmNotFound);
	is(await visitor.call("POST", "/vm/branch/by_ref/none/such"), errors.branchRefNotFound);
	is(await visitor.call("GET", "/repositories/none"), errors.repositoryNotFound);
});

test("Commits are named, listed, shown, kept while they live on, and branched by every name", async () => {
	const vm = await visitor.boot();
	const made = await visitor.call("POST", `/vm/${vm}/commit?keep_paused=true`, { name: "golden" });
	expect(made.status).toBe(201);
	hasShape(parsed(made), shapes.committed);
	expect((await visitor.call("GET", `/vm/${vm}/status`)).field("state")).toBe("paused");
	const id = String(made.field("commit_id"));
	const page = await visitor.call("GET", "/commits?limit=1");
	hasShape(parsed(page), shapes.commitPage);
	hasShape(items(page.field("commits"))[0], shapes.commit);
	hasShape(items(parsed(await visitor.call("GET", `/vm/commits/${id}/parents`)))[0], shapes.parent);
	expect(items((await visitor.call("GET", "/commits/public")).field("commits"))).toHaveLength(0);
	hasShape(parsed(await visitor.call("PATCH", `/commits/${id}`, { is_public: true })), shapes.commit);
	expect(items((await visitor.call("GET", "/commits/public")).field("commits"))).toHaveLength(1);

	const tag = { tag_name: "v1", commit_id: id };
	expect((await visitor.call("POST", "/commit_tags", tag)).status).toBe(201);
	is(await visitor.call("POST", "/commit_tags", tag), errors.duplicate("tag"));
	hasShape(parsed(await visitor.call("GET", "/commit_tags/v1")), shapes.tag);
	const repository = await visitor.call("POST", "/repositories", { name: "base" });
	hasShape(parsed(repository), shapes.repositoryMade);
	is(await visitor.call("POST", "/repositories", { name: "base" }), errors.duplicate("repository"));
	hasShape(items((await visitor.call("GET", "/repositories")).field("repositories"))[0], shapes.repository);
	const reference = await visitor.call("POST", "/repositories/base/tags", tag);
	hasShape(parsed(reference), shapes.repositoryTagMade);
	expect(reference.field("reference")).toBe("base:v1");
	expect((await visitor.call("PATCH", "/repositories/base/visibility", { is_public: true })).status).toBe(204);
	expect((await visitor.call("GET", "/repositories/base")).field("is_public")).toBe(true);

	const ways = [`${id}/branch`, `branch/by_commit/${id}`, "branch/by_tag/v1", "branch/by_ref/base/v1"];
	for (const way of ways) {
		const branched = await visitor.call("POST", `/vm/${way}?count=1`);
		expect(branched.status).toBe(201);
		hasShape(parsed(branched), shapes.branched);
		expect(items(branched.field("vms"))).toHaveLength(1);
	}
	for (const body of [{ commit_id: id }, { tag_name: "v1" }, { ref: "base:v1" }])
		hasShape(parsed(await visitor.call("POST", "/vm/from_commit", body)), shapes.made);
	is(await visitor.call("DELETE", `/commits/${id}`), errors.commitInUse(7));
	for (const { id: child, parentCommit } of sim.vms.all)
		if (parentCommit === id) await visitor.call("DELETE", `/vm/${child}`);
	expect((await visitor.call("DELETE", `/commits/${id}`)).status).toBe(204);
	is(await visitor.call("GET", "/commit_tags/v1"), errors.tagNotFound);
	expect((await visitor.call("DELETE", "/repositories/base")).status).toBe(204);
});

test("Commands and files over the API: exit codes, cursors, logs, bytes, and no way out of the machine's folder", async () => {
	const vm = await visitor.boot();
	const command = ["bash", "-c", 'read -r line; echo "out $line $MORE"; echo bad >&2; exit 3'];
	const done = await visitor.call("POST", `/vm/${vm}/exec`, {
		command,
		stdin: "in\n",
		env: { MORE: "x" },
		exec_id: "e1",
	});
	hasShape(parsed(done), shapes.executed);
	expect(parsed(done)).toMatchObject({ exit_code: 3, stdout: "out in x\n", stderr: "bad\n" });
	const streamed = await visitor.call("POST", `/vm/${vm}/exec/stream`, { command: ["echo", "hello"], exec_id: "e2" });
	const lines = streamed.text.trim().split("\n");
	expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
		{ type: "chunk", stream: "stdout", data_b64: Buffer.from("hello\n").toString("base64"), cursor: 1, exec_id: "e2" },
		{ type: "exit", exit_code: 0, cursor: 2, exec_id: "e2" },
	]);
	const again = await visitor.call("POST", `/vm/${vm}/exec/stream/attach`, { exec_id: "e2", cursor: 1 });
	expect(again.text).toBe(`${lines[1]}\n`);
	const logs = await visitor.call("GET", `/vm/${vm}/logs?offset=0&max_entries=1`);
	hasShape(parsed(logs), shapes.logs);
	expect(logs.field("eof")).toBe(false);
	expect(
		(await visitor.call("POST", `/vm/${vm}/exec`, { command: ["sleep", "600"], timeout_secs: 0 })).field("exit_code"),
	).toBe(124);
	is(await visitor.call("GET", `/vm/${vm}/files?path=/none`), errors.notFound);
	const content_b64 = Buffer.from([0, 255, 10]).toString("base64");
	const put = { path: "/../../deep/er/file", content_b64, create_dirs: true };
	expect((await visitor.call("PUT", `/vm/${vm}/files`, put)).text).toBe("");
	expect((await visitor.call("GET", `/vm/${vm}/files?path=/deep/er/file`)).field("content_b64")).toBe(content_b64);
});

test("The account's variables reach machines that are made later, and no others", async () => {
	const before = await visitor.boot();
	hasShape(parsed(await visitor.call("PUT", "/env_vars", { vars: { COLOUR: "red" } })), shapes.variables);
	const after = await visitor.boot();
	const ask = { command: ["bash", "-c", 'echo "$COLOUR"'] };
	expect((await visitor.call("POST", `/vm/${before}/exec`, ask)).field("stdout")).toBe("\n");
	expect((await visitor.call("POST", `/vm/${after}/exec`, ask)).field("stdout")).toBe("red\n");
	expect((await visitor.call("DELETE", "/env_vars/COLOUR")).status).toBe(204);
});
