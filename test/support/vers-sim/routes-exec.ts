/** Commands, their logs, and files over the API. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Execution } from "./execution.ts";
import { empty, errors, json } from "./fixture.ts";
import { type Call, Refusal, type Route } from "./http.ts";
import { type OurVm, runIn, type Vms } from "./vms.ts";

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error && "code" in thrown ? thrown.code : undefined);

/** What the platform makes of a file error in a machine. */
function fileRefusal(thrown: unknown): unknown {
	const code = codeOf(thrown);
	if (code === "ENOENT") return new Refusal(errors.notFound);
	if (code === "ENOSPC") return new Refusal(errors.diskFull);
	if (code === "EISDIR" || code === "ENOTDIR") return new Refusal(errors.invalid(`not a file: ${code}`));
	return thrown;
}

function onDisk<T>(act: () => T): T {
	try {
		return act();
	} catch (thrown) {
		throw fileRefusal(thrown);
	}
}

export function execRoutes(vms: Vms): readonly Route[] {
	const up = async (call: Call): Promise<OurVm> => {
		const vm = vms.get(call.param("vm_id"));
		await vm.ready;
		if (vm.state !== "running") throw new Refusal(errors.invalid(`VM is ${vm.state}`));
		return vm;
	};
	const start = async (call: Call): Promise<Execution> => {
		const { body } = call;
		const argv = body.need("command", body.texts("command"));
		if (argv.length === 0) throw new Refusal(errors.invalid("command is empty"));
		return runIn(await up(call), argv, {
			id: body.text("exec_id"),
			env: body.map("env"),
			cwd: body.text("working_dir"),
			stdin: body.text("stdin") ?? "",
			seconds: body.number("timeout_secs"),
		});
	};
	const exec = async (call: Call) => {
		const execution = await start(call);
		return json(200, await execution.whole());
	};
	const stream = async (call: Call) => ({ lines: (await start(call)).after(0) });
	const attach = async (call: Call) => {
		const { body } = call;
		const id = body.need("exec_id", body.text("exec_id"));
		const execution = (await up(call)).executions.get(id);
		if (execution === undefined) throw new Refusal(errors.notFound);
		const from = body.flag("from_latest") === true ? execution.latest : (body.number("cursor") ?? 0);
		return { lines: execution.after(from) };
	};
	const logs = (call: Call) => {
		const { log } = vms.get(call.param("vm_id"));
		const from = call.number("offset", 0);
		const next = Math.min(log.length, from + call.number("max_entries", 100, 1));
		const only = call.query.get("stream");
		const entries = log.slice(from, next).filter(({ stream: name }) => only === null || name === only);
		return json(200, { entries, next_offset: Math.max(from, next), eof: next >= log.length });
	};
	const read = async (call: Call) => {
		const path = call.query.get("path");
		if (path === null) throw new Refusal(errors.invalid("missing field `path`"));
		const { machine } = await up(call);
		return json(200, { content_b64: onDisk(() => readFileSync(machine.path(path))).toString("base64") });
	};
	const write = async (call: Call) => {
		const { body } = call;
		const path = body.need("path", body.text("path"));
		const content = Buffer.from(body.need("content_b64", body.text("content_b64")), "base64");
		const { machine } = await up(call);
		if (machine.disk.pretendsFull) throw new Refusal(errors.diskFull);
		const file = machine.path(path);
		onDisk(() => {
			if (body.flag("create_dirs") === true) mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, content, { mode: body.number("mode") ?? 0o644 });
		});
		return empty(200);
	};
	return [
		{ method: "POST", path: "/vm/:vm_id/exec", op: "exec", run: exec },
		{ method: "POST", path: "/vm/:vm_id/exec/stream", op: "exec_stream", run: stream },
		{ method: "POST", path: "/vm/:vm_id/exec/stream/attach", op: "exec_attach", run: attach },
		{ method: "GET", path: "/vm/:vm_id/logs", op: "logs", run: logs },
		{ method: "GET", path: "/vm/:vm_id/files", op: "file_read", run: read },
		{ method: "PUT", path: "/vm/:vm_id/files", op: "file_write", run: write },
	];
}
