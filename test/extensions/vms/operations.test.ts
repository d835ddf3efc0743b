/**
 * pi's own tools on a VM against the same tools here: a simulated machine shares this disk, so every call can be made twice,
 * over a real ssh and without, and must read the same.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	createBashToolDefinition,
	createEditToolDefinition,
	createReadToolDefinition,
	createWriteToolDefinition,
	detectSupportedImageMimeTypeFromFile,
} from "@earendil-works/pi-coding-agent";
import { describe, expect, test } from "vitest";
import { remoteOperations } from "../../../extensions/vms/operations.ts";
import { Remote } from "../../../extensions/vms/remote.ts";
import type { Route } from "../../../src/pi/route.ts";
import { makeFolder } from "../../support/folder.ts";
import { until } from "../../support/until.ts";
import { startSim, Visitor } from "../../support/vers-sim/visitor.ts";
import { wayTo } from "../../support/vers-way.ts";

const sim = await startSim({ slots: 10 });
const visitor = new Visitor(sim);
const open = wayTo(sim);
const vm = await visitor.boot();

async function routeTo(id: string, folder: string): Promise<Route> {
	const ssh = await open(id);
	return { vm: id, folder, home: folder, command: ["ssh", ...ssh.argv()] };
}

type Kind = "read" | "edit" | "write" | "bash";
/** What a tool says, or throws, in the end; and what it said on the way. */
interface Said {
	readonly text: string;
	readonly pictures: number;
	readonly threw: boolean;
}

interface Options {
	readonly signal?: AbortSignal;
	onUpdate?(text: string): void;
}

const here = makeFolder();
const way = await routeTo(vm, here);
const remote = new Remote(async (route) => route);

async function call(
	kind: Kind,
	cwd: string,
	input: object,
	route: Route | undefined,
	options: Options = {},
): Promise<Said> {
	const { signal, onUpdate } = options;
	const ops =
		route === undefined ? undefined : remoteOperations(remote, route, detectSupportedImageMimeTypeFromFile, signal);
	const made = {
		read: () => createReadToolDefinition(cwd, ops === undefined ? {} : { operations: ops.read }),
		edit: () => createEditToolDefinition(cwd, ops === undefined ? {} : { operations: ops.edit }),
		write: () => createWriteToolDefinition(cwd, ops === undefined ? {} : { operations: ops.write }),
		bash: () => createBashToolDefinition(cwd, ops === undefined ? {} : { operations: ops.bash }),
	}[kind]();
	const heard = (update: { content: readonly { type: string; text?: string }[] }): void =>
		onUpdate?.(update.content.map(({ text = "" }) => text).join(""));
	try {
		const { content } = await made.execute("id", input as never, signal, heard as never, undefined as never);
		const texts = content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
		return { text: texts, pictures: content.filter(({ type }) => type === "image").length, threw: false };
	} catch (thrown) {
		return { text: thrown instanceof Error ? thrown.message : String(thrown), pictures: 0, threw: true };
	}
}

/** Names of pi's own temporary files differ. */
const same = ({ text, ...rest }: Said) => ({ ...rest, text: text.replace(/\/\S*pi-bash-\S+\.log/g, "LOG") });

const both = async (kind: Kind, cwd: string, input: object): Promise<readonly [Said, Said]> => [
	same(await call(kind, cwd, input, way)),
	same(await call(kind, cwd, input, undefined)),
];

const odd = join(here, 'it\'s $(touch x) "q" `y`; & 日本\n-n');
mkdirSync(odd);

describe("bash on a VM is bash", () => {
	test.each([
		["says what it says", "echo hello"],
		["ends as it ends", "echo out; exit 3"],
		["255, as ssh itself ends", "exit 255"],
		["killed by a signal", "kill -9 $$"],
		["ended by a signal", "kill -TERM $$"],
		["nothing to say", "true"],
		["no program", "no-such-program --x"],
		["bad syntax", "if then fi ("],
		["quotes and dollars", "printf '%s|' \"a'b\" '$(touch pwned)' `echo c` \"$((1+2))\" 'x\"y'"],
		["a heredoc, and its end in it", "cat <<'EOF'\nflagship:exit 7\n'EOF'\n$HOME\nEOF\necho after"],
		["what pretends to be ours", "echo flagship:exit 9; echo flagship:begun >&2"],
		["bytes that are no text", "printf '\\377\\376\\000a\\200'"],
		["a character that is cut", "printf '\\303'; sleep 0.2; printf '\\251\\n'"],
		["no newline at its end", "printf 'x'"],
		["newlines at its end", "printf 'x\\n\\n\\n'"],
		["its input is at its end", "cat; echo read $?"],
		["variables of pi", "env | grep -c ^PI_ || true"],
		["lines without number", "seq 1 5000"],
		["one line that is too long", "head -c 200000 /dev/zero | tr '\\0' x"],
		["what it leaves behind holds its output", "sleep 30 & echo left"],
		["many at the end", "for i in $(seq 1 300); do echo $i; done; exit 1"],
	])("%s", async (_what, command) => {
		const [there, same] = await both("bash", odd, { command });
		expect(there).toEqual(same);
	});

	test("both outputs come in the order in which they were written", async () => {
		const command = "for i in $(seq 1 50); do echo $i; echo $i >&2; done";
		const lines = Array.from({ length: 50 }, (_, index) => `${index + 1}\n${index + 1}\n`);
		expect(await call("bash", here, { command }, way)).toMatchObject({ text: lines.join("") });
	});

	test("a folder that is not there", async () => {
		const [there, same] = await both("bash", join(here, "none"), { command: "echo no" });
		expect(there).toEqual(same);
		expect(there.text).toContain("Working directory does not exist");
	});

	test("a command as long as a system takes, and one that is longer", async () => {
		const long = (count: number) => ({ command: `echo ${"x".repeat(count)} | wc -c` });
		const [there, same] = await both("bash", here, long(120_000));
		expect(there).toEqual(same);
		expect(there.text).toBe("120001\n");
		expect(await call("bash", here, long(140_000), way)).toMatchObject({ threw: true });
	});

	test("out of time: what it said stays, and all that it began is ended", async () => {
		const mark = join(here, "late");
		const command = `echo begun; (sleep 2; echo late > ${mark}) & sleep 60`;
		const [there, same] = await both("bash", here, { command, timeout: 1 });
		expect(there).toEqual(same);
		expect(there.text).toBe("begun\n\n\nCommand timed out after 1 seconds");
		await call("bash", here, { command: "sleep 3" }, undefined);
		expect(existsSync(mark)).toBe(false);
	});

	test("aborted in the middle: the same words, and nothing of it lives on", async () => {
		const pids: number[] = [];
		const said: Said[] = [];
		for (const route of [way, undefined]) {
			const abort = new AbortController();
			const onUpdate = (text: string): void => {
				const pid = /^pid (\d+)$/m.exec(text)?.[1];
				if (pid === undefined) return;
				pids.push(Number(pid));
				abort.abort();
			};
			said.push(
				await call("bash", here, { command: "echo pid $$; sleep 300; echo no" }, route, {
					signal: abort.signal,
					onUpdate,
				}),
			);
		}
		expect(said[0]?.text.replace(/\d+/, "N")).toBe(said[1]?.text.replace(/\d+/, "N"));
		expect(said[0]?.text).toMatch(/Command aborted$/);
		for (const pid of new Set(pids)) await until(() => !alive(pid), `process ${pid} to end`);
	});

	test("output is heard while it runs", async () => {
		const heard: string[] = [];
		const gate = join(here, "gate");
		const command = `echo first; while [ ! -e ${gate} ]; do sleep 0.1; done; echo last`;
		const onUpdate = (text: string): void => {
			heard.push(text);
			if (text.includes("first")) writeFileSync(gate, "");
		};
		expect(await call("bash", here, { command }, way, { onUpdate })).toMatchObject({ text: "first\nlast\n" });
		expect(heard.some((text) => text.includes("first") && !text.includes("last"))).toBe(true);
	});
});

describe("read on a VM is read", () => {
	const png = Buffer.from(
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
		"base64",
	);
	const file = (name: string, content: string | Buffer): string => {
		writeFileSync(join(odd, name), content);
		return name;
	};
	test.each([
		["text", { path: file("a.txt", "one\ntwo\nthree") }],
		["a part of it", { path: file("b.txt", "1\n2\n3\n4\n5\n"), offset: 2, limit: 2 }],
		["behind its end", { path: file("c.txt", "1\n"), offset: 9 }],
		["nothing", { path: file("d.txt", "") }],
		["no file", { path: "none.txt" }],
		["a folder", { path: "." }],
		["bytes", { path: file("e.bin", Buffer.from([0, 255, 254, 10, 128, 0])) }],
		["three megabytes", { path: file("f.txt", "line of text\n".repeat(250_000)) }],
		["a picture", { path: file("g.png", png) }],
		["a name like a command", { path: file("-rf $(id) '\"; x", "odd\n") }],
	])("%s", async (_what, input) => {
		const absolute = { ...input, path: join(odd, input.path) };
		const [there, same] = await both("read", odd, absolute);
		expect(there).toEqual(same);
	});

	test("a picture is one", async () => {
		expect(await call("read", odd, { path: join(odd, "g.png") }, way)).toMatchObject({ pictures: 1, threw: false });
	});
});

describe("edit and write on a VM are edit and write", () => {
	let counter = 0;
	/** The same change twice, to two files that begin alike. */
	async function twice(kind: Kind, content: string | undefined, input: object, name = "file.txt") {
		const made = [way, undefined].map(async (route) => {
			const path = join(odd, `case-${counter++}`, name);
			if (content !== undefined) {
				mkdirSync(join(path, ".."), { recursive: true });
				writeFileSync(path, content);
				chmodSync(path, 0o640);
			}
			const said = await call(kind, odd, { ...input, path }, route);
			const after = existsSync(path) ? readFileSync(path).toString("base64") : undefined;
			return { ...said, text: said.text.replaceAll(path, "PATH"), after };
		});
		return await Promise.all(made);
	}
	test.each([
		["one place", "a\nb\nc\n", { edits: [{ oldText: "b", newText: "$(x) 'y' \"z\"" }] }],
		["line ends of Windows", "a\r\nb\r\n", { edits: [{ oldText: "a\nb", newText: "c\nd" }] }],
		["a mark at the beginning", "\uFEFFa\n", { edits: [{ oldText: "a", newText: "é日" }] }],
		["not there", "a\n", { edits: [{ oldText: "z", newText: "y" }] }],
		["there twice", "a\na\n", { edits: [{ oldText: "a", newText: "y" }] }],
		["no file", undefined, { edits: [{ oldText: "a", newText: "b" }] }],
	])("edit: %s", async (_what, content, input) => {
		const [there, same] = await twice("edit", content, input);
		expect(there).toEqual(same);
	});
	test.each([
		["new, in folders that are not there", undefined, "EOF\n'$(touch x)'\n"],
		["in place of another", "before", "after\n"],
		["nothing", "before", ""],
		["three megabytes", undefined, "é".repeat(1_500_000)],
	])("write: %s", async (_what, content, text) => {
		const [there, same] = await twice("write", content, { content: text });
		expect(there).toEqual(same);
		expect(there?.after).toBe(Buffer.from(text).toString("base64"));
	});

	test("where a file or a folder is in the way", async () => {
		writeFileSync(join(odd, "plain"), "x");
		for (const path of [join(odd, "plain", "below", "f"), odd]) {
			const there = await call("write", odd, { path, content: "y" }, way);
			const mine = await call("write", odd, { path, content: "y" }, undefined);
			const code = /E[A-Z]{3,}/.exec(mine.text)?.[0];
			expect(code).toBeDefined();
			expect(there).toMatchObject({ threw: true, text: expect.stringContaining(code ?? "") });
		}
	});
});

describe("a way that ends", () => {
	test("before anything has run: it is made anew, and the command runs once", async () => {
		const id = await visitor.boot();
		const ssh = await open(id);
		const dead: Route = { vm: id, folder: here, home: here, command: ["ssh", ...ssh.argv()] };
		ssh.close();
		await ssh.closed;
		let asked = 0;
		const healing = new Remote(async () => {
			asked++;
			return await routeTo(id, here);
		});
		const count = join(here, "count");
		const ops = remoteOperations(healing, dead, async () => undefined);
		const { exitCode } = await ops.bash.exec(`echo x >> ${count}`, here, { onData: () => undefined });
		expect([exitCode, asked, readFileSync(count, "utf8")]).toEqual([0, 1, "x\n"]);
	});

	test("in the middle: the command is ended there, is not run again, and it is said so", async () => {
		const id = await visitor.boot();
		const route = await routeTo(id, here);
		const count = join(here, "cut");
		const never = new Remote(async () => {
			throw new Error("not to be asked");
		});
		const ops = remoteOperations(never, route, async () => undefined);
		let pid = 0;
		const onData = (data: Buffer): void => {
			pid = Number(/pid (\d+)/.exec(data.toString())?.[1] ?? pid);
			if (pid > 0) sim.cutLinks("reset", id);
		};
		const ran = ops.bash.exec(`echo x >> ${count}; echo pid $$; sleep 300`, here, { onData });
		await expect(ran).rejects.toMatchObject({ code: "vm_cut" });
		await until(() => !alive(pid), "the command to end");
		expect(readFileSync(count, "utf8")).toBe("x\n");
	});

	test("ten at once go over one connection", async () => {
		const all = Array.from({ length: 20 }, (_, index) =>
			call("bash", here, { command: `sleep 0.2; echo ${index}` }, way),
		);
		expect((await Promise.all(all)).map(({ text }) => text.trim())).toEqual(
			Array.from({ length: 20 }, (_, index) => `${index}`),
		);
	});
});

function alive(pid: number): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}
