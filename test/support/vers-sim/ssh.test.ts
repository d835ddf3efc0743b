/** The machines behind the platform's front door, by the system's own ssh. */

import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import ssh2 from "ssh2";
import { expect, test } from "vitest";
import { atEnd } from "../cleanup.ts";
import { processesNaming } from "../leftovers.ts";
import { until } from "../until.ts";
import { VersSim } from "./sim.ts";
import { ended, startSim, Visitor } from "./visitor.ts";

const sim = await startSim({ slots: 40 });
const visitor = new Visitor(sim);

/** Says who it is by its file, then turns what its FIFO brings into lines of another. */
const AGENT = `
mkfifo "$HOME/in"
cat > "$HOME/agent.sh" <<'END'
echo "up $VERS_VM_ID" >> "$HOME/out"
while :; do read -r line <> "$HOME/in" && echo "heard $line" >> "$HOME/out"; done
END
setsid bash "$HOME/agent.sh" < /dev/null > /dev/null 2>&1 &`;

const fileOf = (vm: string, path: string): string => join(sim.vms.get(vm).machine.folder, "root", path);
const read = (vm: string): string => readFileSync(fileOf(vm, "out"), "utf8");

/** A machine with an agent that is up. */
async function withAgent(): Promise<string> {
	const vm = await visitor.boot();
	await visitor.ssh(vm, AGENT);
	await until(() => existsSync(fileOf(vm, "out")) && read(vm).includes(`up ${vm}`), "the agent");
	return vm;
}

test("A command gives its exit code, both its outputs, and every byte as it is", async () => {
	const vm = await visitor.boot();
	const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256));
	const echoed = await visitor.ssh(vm, "cat; printf bad >&2; exit 7", bytes);
	expect(echoed.code).toBe(7);
	expect(echoed.stdout.equals(bytes)).toBe(true);
	expect(echoed.stderr).toBe("bad");
	const who = await visitor.ssh(vm, 'echo "$VERS_VM_ID"');
	expect(who.stdout.toString()).toBe(`${vm}\n`);
	// What the shell says of a signal, and ssh of a link that knows nothing better.
	expect((await visitor.ssh(vm, "kill -TERM $$")).code).toBe(255);
});

test("A signal that the client sends reaches the command, and one that ends it is told", async () => {
	const vm = await visitor.boot();
	const key = readFileSync(await visitor.keyFile(vm));
	const ca = readFileSync(sim.authority);
	const client = new ssh2.Client();
	atEnd(() => {
		client.end();
	});
	await new Promise<unknown>((resolve, reject) => {
		const sock = connectTls({ port: sim.sshPort, host: "127.0.0.1", servername: sim.hostOf(vm), ca });
		client.on("ready", () => resolve(undefined)).on("error", reject);
		client.connect({ sock, username: "root", privateKey: key });
	});
	/** Sends the signal once the command is up; its exit code, signal and output. */
	const run = (command: string, name: string) =>
		new Promise<readonly unknown[]>((resolve, reject) => {
			client.exec(command, (error, channel) => {
				if (error !== undefined) return reject(error);
				let [said, sent] = ["", false];
				channel.on("data", (data: Buffer) => {
					said += data.toString();
					if (!sent) channel.signal(name);
					sent = true;
				});
				channel.on("close", (code: unknown, by: unknown) => resolve([code ?? null, by ?? null, said]));
			});
		});
	expect(await run("trap 'echo caught; exit 5' TERM; echo up; sleep 600 & wait", "TERM")).toEqual([
		5,
		null,
		"up\ncaught\n",
	]);
	expect(await run("echo up; exec sleep 600", "KILL")).toEqual([null, "SIGKILL", "up\n"]);
});

test("Only the key of the machine opens it, and a name that is none opens nothing", async () => {
	const [one, other] = [await visitor.boot(), await visitor.boot()];
	const wrong = await visitor.ssh(one, "true", "", await visitor.keyFile(other));
	expect(wrong.code).toBe(255);
	expect(wrong.stderr).toContain("Permission denied");
	const nowhere = await visitor.ssh("00000000-0000-4000-8000-000000000000", "true", "", await visitor.keyFile(one));
	expect(nowhere.code).toBe(255);
});

test("Ports are forwarded both ways", async () => {
	const vm = await visitor.boot();
	const key = await visitor.keyFile(vm);
	const server = createServer((socket) => socket.end("answer")).listen(0, "127.0.0.1");
	atEnd(() => {
		server.close();
	});
	const port = await until(() => portOf(server.address()), "a port");
	const [there, back] = [join(sim.folder, "l.sock"), join(sim.folder, "r.sock")];
	const link = visitor.open(vm, key, ["-N", "-L", `${there}:127.0.0.1:${port}`, "-R", `${back}:127.0.0.1:${port}`]);
	for (const path of [there, back]) {
		await until(() => existsSync(path), path);
		expect(await talk(path)).toBe("answer");
	}
	const tcp = visitor.open(vm, key, ["-N", "-v", "-R", `0:127.0.0.1:${port}`]);
	let said = "";
	tcp.stderr?.on("data", (data: Buffer) => {
		said += data.toString();
	});
	const given = await until(() => /Allocated port (\d+)/.exec(said)?.[1], "the allocated port");
	expect(await talk(Number(given))).toBe("answer");
	link.kill();
	await until(() => !existsSync(back), "the end of what the link listened on");
});

test("A clone of a commit wakes up with the old environment, its own FIFO and a stale agent", async () => {
	const vm = await withAgent();
	const commit = await visitor.commit(vm);
	const clone = await visitor.restore(commit);
	await until(() => read(clone).match(new RegExp(`up ${vm}`, "g"))?.length === 2, "the stale agent");
	writeFileSync(fileOf(clone, "in"), "for the clone\n");
	await until(() => read(clone).includes("heard for the clone"), "its answer");
	expect(read(vm)).not.toContain("for the clone");
	const branched = await visitor.call("POST", `/vm/${vm}/branch?count=2`);
	expect(sim.vms.all.filter(({ grandparent }) => grandparent === vm)).toHaveLength(2);
	expect(branched.status).toBe(201);
	writeFileSync(fileOf(vm, "in"), "still here\n");
	await until(() => read(vm).includes("heard still here"), "the original, which goes on");
});

test("A paused machine stands still without ssh, and goes on where it was", async () => {
	const vm = await withAgent();
	const key = await visitor.keyFile(vm);
	const link = ended(visitor.open(vm, key, [], ["echo here; sleep 600"]));
	await until(() => sim.links(vm) === 1, "the link");
	expect((await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Paused" })).text).toBe("");
	expect((await link).code).toBe(255);
	expect((await visitor.ssh(vm, "true", "", key)).code).toBe(255);
	writeFileSync(fileOf(vm, "in"), "while paused\n", { flag: "r+" });
	expect(read(vm)).not.toContain("while paused");
	await visitor.call("PATCH", `/vm/${vm}/state`, { state: "Running" });
	await until(() => read(vm).includes("heard while paused"), "what was written meanwhile");
	expect((await visitor.ssh(vm, "true", "", key)).code).toBe(0);
});

test("What was deleted or closed leaves no process and no file", async () => {
	const own = await VersSim.start();
	const guest = new Visitor(own);
	const vm = await guest.boot();
	await guest.ssh(vm, "setsid sleep 600 < /dev/null > /dev/null 2>&1 &");
	const { folder } = own.vms.get(vm).machine;
	expect(processesNaming(folder)).toHaveLength(1);
	await guest.call("DELETE", `/vm/${vm}`);
	expect(processesNaming(folder)).toHaveLength(0);
	await guest.ssh(await guest.boot(), "setsid sleep 600 < /dev/null > /dev/null 2>&1 &");
	await own.close();
	expect(processesNaming(own.folder)).toHaveLength(0);
	expect(existsSync(own.folder)).toBe(false);
});

test("By itself it says what a client needs, and ends on SIGTERM with its machines and its folder", async () => {
	const child = spawn(process.execPath, ["--no-warnings", join(import.meta.dirname, "main.ts"), "--slots", "1"]);
	atEnd(() => {
		child.kill("SIGKILL");
	});
	const over = new Promise((resolve) => child.on("close", resolve));
	const line = String(await new Promise((resolve) => child.stdout.once("data", resolve)));
	const said: unknown = JSON.parse(line);
	const field = (name: string): string =>
		String(Object.entries(Object(said)).find(([key]) => key === name)?.[1] ?? `no ${name}`);
	const headers = { authorization: `Bearer ${field("key")}` };
	const body = JSON.stringify({ vm_config: {} });
	const make = () => fetch(`${field("baseUrl")}/vm/new_root?wait_boot=true`, { method: "POST", headers, body });
	expect([(await make()).status, (await make()).status]).toEqual([201, 500]);
	child.kill("SIGTERM");
	expect(await over).toBe(0);
	expect(existsSync(field("folder"))).toBe(false);
	expect(processesNaming(field("folder"))).toHaveLength(0);
});

function portOf(address: unknown): number | undefined {
	return typeof address === "object" && address !== null && "port" in address ? Number(address.port) : undefined;
}

function talk(to: string | number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = typeof to === "number" ? connect(to, "127.0.0.1") : connect(to);
		let said = "";
		socket.on("data", (data) => {
			said += data.toString();
		});
		socket.on("error", reject);
		socket.on("close", () => resolve(said));
	});
}
