import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MESSAGE_MAX } from "../../../src/contract/lieutenants.ts";
import { wrap } from "../../../src/pi/envelope.ts";
import { endingOf, heldIn, outputsOf } from "../../../src/pi/transcript.ts";
import { describeEachPi } from "../../support/pi.ts";
import { until } from "../../support/until.ts";
import type { Order } from "./parent.ts";
import { ask, ears, makeRig, PATIENT, packageFolder, prompt, settled, world } from "./rig.ts";

const ID = "01JDAAAAAAAAAAAAAAAAAAAAAA";

await describeEachPi("a life", ({ cli: pi }) => {
	it("answers a probe, runs a prompt, and says when it has ended", async () => {
		const rig = await makeRig(pi, { default: { text: "done with ${last}" } });
		const heard = ears();
		const employment = rig.employ();
		const life = await rig.start(employment, 1, heard);
		await prompt(life, wrap({ id: ID, n: 1 }, "task one"));
		await settled(heard);
		const { entries } = await rig.place.read(employment.id);
		expect(heldIn(entries).get(ID)).toMatchObject({ n: 1, answer: expect.any(String) });
		expect(outputsOf(entries)).toEqual([{ message: ID, text: "done with task one" }]);
		expect(endingOf(entries)).toEqual({ type: "answered" });
		const end = await life.stop(5_000);
		expect(end).toEqual(life.end);
		expect(end.stderr).toBe("");
		expect(heard.ends).toHaveLength(1);
		expect(await life.probe(100)).toEqual({ type: "dead" });
		expect(await life.send({ type: "abort" })).toMatchObject({ type: "unwritten" });
		expect(readdirSync(rig.folder(employment.id)).filter((name) => /^(in|out)\./.test(name))).toEqual([]);
	});

	it("goes on without its host, and a second host attaches to it past a torn command", async () => {
		const rig = await makeRig(pi, { default: { text: "slow ${last}", delayMs: 800 } });
		const employment = rig.employ();
		const first = ears();
		const life = await rig.start(employment, 1, first);
		await prompt(life, wrap({ id: ID, n: 1 }, "go on"));
		const process = life.process;
		life.detach();
		// What a host that is killed in the middle of a write leaves in the pipe: all but the line end, here.
		const pipe = world.sockets.openFifo(join(rig.folder(employment.id), "in.1"));
		await pipe.write('{"id":"x","type":"prompt","message":"torn","streamingBehavior":"steer"}');
		const second = ears();
		const attached = await rig.attach(employment.id, second);
		pipe.close();
		expect(attached?.process).toEqual(process);
		await settled(second);
		expect((await attached?.probe(PATIENT))?.type).toBe("alive");
		const { entries } = await rig.place.read(employment.id);
		expect([...heldIn(entries).values()]).toEqual([expect.objectContaining({ id: ID, answer: expect.any(String) })]);
		expect(JSON.stringify(rig.model.requests)).not.toContain("torn");
		await attached?.stop(5_000);
		expect(second.ends).toHaveLength(1);
		expect(await rig.attach(employment.id)).toBeUndefined();
	});

	it("outlives a host that is killed, works on, and is found by the next one", async () => {
		const rig = await makeRig(pi, { default: { text: "finished alone", delayMs: 1_500 } });
		const employment = rig.employ();
		const message = wrap({ id: ID, n: 1 }, "go on");
		const order: Order = { home: rig.home, packageFolder, employment, message };
		const parent = spawn(process.execPath, [join(import.meta.dirname, "parent.ts"), JSON.stringify(order)]);
		let said = "";
		parent.stdout.on("data", (bytes) => {
			said += String(bytes);
		});
		await until(() => said.endsWith("\n"), "the host to have started it", PATIENT);
		const dead = once(parent, "exit");
		parent.kill("SIGKILL");
		await dead;
		const heard = ears();
		const attached = await rig.attach(employment.id, heard);
		expect({ outcome: "answered", process: attached?.process }).toEqual(JSON.parse(said));
		await settled(heard);
		const { entries } = await rig.place.read(employment.id);
		expect(outputsOf(entries)).toEqual([{ message: ID, text: "finished alone" }]);
		await attached?.stop(0);
		expect(heard.ends).toHaveLength(1);
	});

	it("takes the longest message whole, whatever is in it", async () => {
		const rig = await makeRig(pi, { default: { text: "ok" } });
		const heard = ears();
		const life = await rig.start(rig.employ(), 1, heard);
		const text = "é\u2028\u{1F600}\r\n".repeat(MESSAGE_MAX / 8).padEnd(MESSAGE_MAX, "x");
		await prompt(life, wrap({ id: ID, n: 1 }, text));
		await settled(heard);
		expect(rig.model.requests[0]?.users.at(-1)).toBe(text);
		await life.stop(0);
	});

	it("loses nothing while nobody reads what it says", async () => {
		const text = "word ".repeat(40_000);
		const rig = await makeRig(pi, { default: { text, chunkChars: 400 } });
		const employment = rig.employ();
		const life = await rig.start(employment);
		await prompt(life, wrap({ id: ID, n: 1 }, "say much"));
		life.detach();
		// More than a pipe holds: pi waits in its write until somebody reads again.
		await until(() => rig.model.requests.length === 1, "the model to be asked", PATIENT);
		const heard = ears();
		const attached = await rig.attach(employment.id, heard);
		await settled(heard);
		const { entries } = await rig.place.read(employment.id);
		expect(outputsOf(entries).at(-1)?.text).toBe(text);
		const streamed = heard.records.flatMap((record) => (record.type === "message_update" ? [record.delta] : []));
		expect(text.endsWith(streamed.join(""))).toBe(true);
		await attached?.stop(0);
	});

	it("takes its commands with it when it is killed, also one in the background", async () => {
		const rig = await makeRig(pi, {
			agents: {
				"*": [
					{
						toolCalls: [
							{ name: "bash", arguments: { command: "sleep 4242 >/dev/null 2>&1 & echo $! > back; exit 3" } },
						],
					},
					{ toolCalls: [{ name: "bash", arguments: { command: "echo $$ > fore; sleep 4243; true" } }] },
				],
			},
		});
		const heard = ears();
		const employment = rig.employ();
		const life = await rig.start(employment, 1, heard);
		await prompt(life, "run two commands");
		const pidIn = (name: string) => Number(readFileSync(join(rig.work, name), "utf8"));
		const pids = await until(() => [pidIn("back"), pidIn("fore")], "both commands to run", PATIENT);
		const groups = join(rig.folder(employment.id), "groups");
		await until(() => readFileSync(join(groups, String(pids[1])), "utf8") !== "", "the start time");
		expect(readdirSync(groups)).toHaveLength(2);
		for (const pid of pids) expect(world.spawn.started(pid)).toBeDefined();
		if (life.process !== undefined) world.spawn.kill(life.process, "SIGKILL");
		await until(() => heard.ends.length === 1, "the end", PATIENT);
		expect(heard.ends[0]).toMatchObject({ signal: "SIGKILL" });
		await until(() => pids.every((pid) => world.spawn.started(pid) === undefined), "its commands to end", PATIENT);
		expect(readdirSync(groups)).toEqual([]);
		const { entries } = await rig.place.read(employment.id);
		expect(endingOf(entries)).toEqual({ type: "dangling", tool: "bash" });
		const results = JSON.stringify(entries);
		expect(results).toContain("Command exited with code 3");
		expect(results).not.toContain("FLAGSHIP_GROUPS");
	});

	it("is told as silent while it is frozen, and ends all the same", async () => {
		const rig = await makeRig(pi, {});
		const life = await rig.start(rig.employ());
		if (life.process !== undefined) world.spawn.kill(life.process, "SIGSTOP");
		expect(await life.probe(300)).toEqual({ type: "silent" });
		await life.stop(200);
		expect(life.end).toMatchObject({ signal: "SIGKILL" });
	});

	it("says why it could not start, in pi's own words", async () => {
		const rig = await makeRig(pi, {});
		const heard = ears();
		const life = rig.place.start(rig.employ({ model: "no-such/model" }), 1, heard, { start: ID });
		await until(() => heard.ends.length === 1 || life.end, "its end", PATIENT);
		expect(life.end).toMatchObject({ code: 1, stderr: expect.stringContaining("no-such") });
	});

	it("has an environment of its own, without the secrets of the session that made it", async () => {
		process.env.FOREIGN_SECRET_TOKEN = "do-not-pass";
		const rig = await makeRig(pi, {
			agents: { "*": [{ toolCalls: [{ name: "bash", arguments: { command: "env > env.txt" } }] }] },
		});
		delete process.env.FOREIGN_SECRET_TOKEN;
		const heard = ears();
		const employment = rig.employ();
		const life = await rig.start(employment, 1, heard);
		await prompt(life, "show");
		await settled(heard);
		const env = readFileSync(join(rig.work, "env.txt"), "utf8");
		expect(env).not.toContain("do-not-pass");
		expect(env).not.toMatch(/^BASH_ENV=/m);
		expect(env).toMatch(/^VERS_AUTH_TOKEN=its-own$/m);
		expect(env).toMatch(/^VERS_AGENT_ROLE=lieutenant$/m);
		expect(env).toMatch(/^FLAGSHIP_PORT_BASE=42000$/m);
		expect(env).toContain(`TMPDIR=${rig.folder(employment.id)}/tmp`);
		await life.stop(0);
	});

	it("lets no second pi work on its session", async () => {
		const rig = await makeRig(pi, {});
		const employment = rig.employ();
		const life = await rig.start(employment);
		const { id } = employment;
		const folder = rig.folder(id);
		const [fifo, stderr] = [join(rig.work, "stdin"), join(rig.work, "stderr")];
		world.sockets.makeFifos([fifo]);
		const arguments_ = ["--mode", "rpc", "--session-id", id, "--session-dir", `${folder}/session`];
		const second = world.spawn.detached({
			command: process.execPath,
			args: [pi, ...arguments_, "--extension", packageFolder],
			cwd: rig.work,
			env: { ...employment.env, FLAGSHIP_LIEUTENANT: id, FLAGSHIP_LIEUTENANT_FOLDER: folder, FLAGSHIP_LIFE: "1" },
			...{ stdin: fifo, stdout: null, stderr },
		});
		await until(() => !world.spawn.alive(second), "the second pi to end by itself", PATIENT);
		expect(readFileSync(stderr, "utf8")).toContain("another pi already works on this session");
		expect((await life.probe(PATIENT)).type).toBe("alive");
		await ask(life, { type: "get_state" });
		await life.stop(0);
	});
});
