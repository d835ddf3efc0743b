/** What happens on that day, in order, and what it comes to. */
import { findHub } from "../../src/client/address.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { createHostClient, type HostClient } from "../../src/client/host.ts";
import * as incidents from "../../src/contract/incidents.ts";
import * as lieutenants from "../../src/contract/lieutenants.ts";
import type { Launch } from "../../src/contract/link.ts";
import { move } from "../../src/contract/moves.ts";
import * as undeleted from "../../src/contract/undeleted.ts";
import { type EnsureOptions, ensureHost, ensureHub } from "../../src/daemon/ensure.ts";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { readAdminToken } from "../../src/daemon/token.ts";
import type { Patience } from "../../src/demo/patience.ts";
import type { Stage } from "../../src/demo/stage.ts";
import { ORCHESTRATOR } from "../../src/demo/story.ts";
import { fault } from "../../src/errors.ts";
import { takenOver } from "../../src/pi/environment.ts";
import type { VersSim } from "../support/vers-sim/sim.ts";
import { ours } from "../support/vers-sim/vms.ts";

export interface DayOptions {
	readonly sim: VersSim;
	readonly stage: Stage;
	readonly daemons: EnsureOptions;
	readonly patience: Patience;
	/** How pi is started here. */
	readonly pi: readonly string[];
	say(text: string): void;
}

/** The line that the day ends with. */
export interface Figures {
	readonly ok: boolean;
	readonly vmLieutenants: number;
	readonly fellBackLocal: number;
	readonly messagesSent: number;
	readonly messagesLost: number;
	readonly leakedVmsListed: number;
	readonly leakedVmsUnlisted: number;
	readonly moved: number;
	readonly incidents: number;
}

export const NOTHING: Figures = {
	...{ ok: false, vmLieutenants: 0, fellBackLocal: 0, messagesSent: 0, messagesLost: 0 },
	...{ leakedVmsListed: 0, leakedVmsUnlisted: 0, moved: 0, incidents: 0 },
};

const ON_VMS = ["amber", "birch", "cedar", "dune"] as const;
const LATER = ["erle", "fir", "gorse", "hazel", "iris", "juniper", "kelp", "larch", "maple"] as const;
const ENDS = ["consumed", "superseded", "rejected", "lost"];

export class Day {
	readonly wrong: string[] = [];
	readonly #options: DayOptions;
	readonly #host: HostClient;
	readonly #hub: Client;
	/** Texts of messages that were taken, by lieutenant. */
	readonly #sent: string[] = [];

	constructor(options: DayOptions) {
		this.#options = options;
		const { world, home, env, speaks } = options.daemons;
		const given = () => ({ token: readAdminToken(world, home.hub) });
		this.#hub = createClient({ world, version: speaks.version, resolve: () => findHub({ world, home, env, given }) });
		this.#host = createHostClient({
			world,
			version: speaks.version,
			caller: {
				...{ type: "orchestrator", name: ORCHESTRATOR, session: "the-day", pid: process.pid },
				started: world.spawn.started(process.pid) ?? "",
			},
			async findHost() {
				const found = livingDaemon(world, home, "host");
				if (found === undefined) throw fault("host_unreachable", "it is not running");
				return found.address;
			},
		});
		this.#host.listen({ onNotice: ({ id }) => this.#host.acknowledge([id]) });
	}

	close(): void {
		this.#host.close();
		this.#hub.close();
	}

	async play(): Promise<Figures> {
		const { daemons, sim, patience, say } = this.#options;
		await ensureHub(daemons);
		await ensureHost(daemons);
		this.#host.connect();
		const vms = await Promise.all(ON_VMS.map((name) => this.#make(name, "vers")));
		const vmLieutenants = this.#owned().length;
		say(`${vmLieutenants} lieutenants work, each on a VM of its own.`);
		await Promise.all(["amber", "birch", "cedar"].map((name) => this.#send(name)));

		const outage = sim.faults.add({ type: "capacity" });
		const [first, ...rest] = LATER;
		const fell = [await this.#make(first, "auto")];
		say(`No machine can be had: ${fell[0]?.note ?? ""}`);
		const leak = sim.faults.add({ type: "delete_fails", leaves: "listed" }, { vm: vmOf(vms[3]) });
		await this.#host.call(lieutenants.destroy, { name: "dune" });
		const listed = await patience.until(
			"the leak in the ledger",
			async () => (await this.#undeleted()).length || false,
		);
		say(`dune is ended and its VM is not deleted: ${listed} in the ledger.`);
		await this.#send("birch");
		sim.cutLinks("silent", vmOf(vms[1]));
		say("birch's line dies without a word.");
		for (const name of rest) fell.push(await this.#make(name, "auto"));
		await Promise.all(LATER.map((name) => this.#send(name)));
		const moved = await this.#host.call(move, { name: "cedar", place: "local" }, { launch: this.#launch });
		await this.#send("cedar");
		say(`${fell.length} work here instead, and cedar was moved here from its VM.`);
		sim.faults.remove(leak);

		await patience.until("birch's line", () => sim.links(vmOf(vms[1])) > 0 && this.#heard("birch"));
		say("birch is heard again; it had worked on.");
		sim.faults.remove(outage);
		await patience.until("the ledger to drain", async () => (await this.#undeleted()).length === 0);
		say("The platform deletes again: the ledger is empty.");
		await this.#make("oak", "vers");
		await patience.until("the all-clear", async () => (await this.#incidents()).every(({ to }) => to !== undefined));
		say("A machine can be had again: all clear.");
		const messages = await patience.until("the end of all messages", () => this.#messages());
		return this.#figures({ vmLieutenants, fell, listed, moved: moved.moves ?? 0, messages });
	}

	async #figures(told: {
		readonly vmLieutenants: number;
		readonly fell: readonly { readonly place: string; readonly note?: string | undefined }[];
		readonly listed: number;
		readonly moved: number;
		readonly messages: readonly lieutenants.Message[];
	}): Promise<Figures> {
		const { lieutenants: rows } = await this.#host.call(lieutenants.status, {});
		const lived = new Set(rows.map(({ place }) => place.replace(/^vers:/, "")));
		const ledger = new Set(await this.#undeleted());
		const unlisted = this.#owned().filter((id) => !lived.has(id) && !ledger.has(id));
		const local = rows.filter(({ place }) => place === "local").map(({ name }) => name);
		const fell = told.fell.filter(({ place, note }) => place === "local" && note?.includes("instead of on vers"));
		const lost = this.#sent.length - told.messages.filter(({ receipt }) => receipt === "consumed").length;
		const all = await this.#incidents();
		const checks: readonly (readonly [boolean, string])[] = [
			[told.vmLieutenants === ON_VMS.length, `${told.vmLieutenants} lieutenants were on VMs at first`],
			[fell.length === LATER.length, `${fell.length} of ${LATER.length} fell back`],
			[local.length === LATER.length + 1, `${local.length} work here: ${local.join(", ")}`],
			[lost === 0, `${lost} messages were not consumed`],
			[told.listed === 1, `${told.listed} leaked machines were listed`],
			[unlisted.length === 0, `machines that nobody knows: ${unlisted.join(", ")}`],
			[told.moved === 1, `moved ${told.moved} times`],
			[all.length === 1, `${all.length} incidents: ${all.map(({ cause }) => cause).join(", ")}`],
		];
		this.wrong.push(...checks.filter(([well]) => !well).map(([, sentence]) => sentence));
		return {
			ok: this.wrong.length === 0,
			...{ vmLieutenants: told.vmLieutenants, fellBackLocal: fell.length },
			...{ messagesSent: this.#sent.length, messagesLost: lost },
			...{ leakedVmsListed: told.listed, leakedVmsUnlisted: unlisted.length },
			...{ moved: told.moved, incidents: all.length },
		};
	}

	/** The platform's own list of what is this account's. */
	#owned(): readonly string[] {
		return this.#options.sim.vms.all.filter(ours).map(({ id }) => id);
	}

	get #launch(): Launch {
		const { pi, stage } = this.#options;
		return { pi: [...pi], cwd: stage.repository, env: takenOver(stage.env) };
	}

	#make(name: string, place: string) {
		return this.#host.call(lieutenants.create, { name, role: "works", place }, { launch: this.#launch });
	}

	async #send(name: string): Promise<void> {
		const { message } = await this.#host.call(lieutenants.send, { name, message: `Go on, ${name}.` });
		this.#sent.push(message.id);
	}

	async #heard(name: string): Promise<boolean> {
		try {
			await this.#host.call(lieutenants.messages, { name });
			return true;
		} catch {
			// Its line is still down: looked at again.
			return false;
		}
	}

	/** All that were taken, once each has ended. */
	async #messages(): Promise<readonly lieutenants.Message[] | false> {
		const { lieutenants: rows } = await this.#host.call(lieutenants.status, { all: true });
		const all: lieutenants.Message[] = [];
		for (const { name, state } of rows) {
			if (state === "gone") continue;
			all.push(...(await this.#host.call(lieutenants.messages, { name })).messages);
		}
		const known = all.filter(({ id }) => this.#sent.includes(id));
		return known.every(({ receipt }) => ENDS.includes(receipt)) && known;
	}

	async #undeleted(): Promise<readonly string[]> {
		return (await this.#hub.call(undeleted.list, { state: "there" })).machines.map(({ machine }) => machine);
	}

	async #incidents() {
		return (await this.#hub.call(incidents.list, {})).incidents;
	}
}

const vmOf = (row: { readonly place: string } | undefined): string => row?.place.replace(/^vers:/, "") ?? "";
