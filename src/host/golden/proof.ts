/**
 * A lieutenant that answers is the proof of a golden image. It belongs to nobody's fleet: what it is told and tells is in
 * a name of its own. One that a killed host left is ended by the next, and with it its VM.
 */
import type { Static } from "@sinclair/typebox";
import { sleep } from "../../client/time.ts";
import type { Finding } from "../../contract/golden.ts";
import * as contract from "../../contract/lieutenants.ts";
import type { Launch } from "../../contract/link.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { Fault, reason } from "../../errors.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import { createLieutenant } from "../operations/create.ts";
import { unheard } from "../progress.ts";

const OWNER = "golden-check";
/** In the store, with its name, as long as it may be there. */
const NOTE = "golden check ";
const ROLE = "You prove that a new machine works.";
const ASKED = "Answer with the one word ready. Use no tool.";
const ANSWER_MS = 240_000;
const AGAIN_MS = 1_000;
const LATER_MS = 60_000;
const REMEDY = "The machine's host tells more: pi there needs a model, and its key in machines.env of settings.json.";

export async function answers(host: Host, place: string, launch: Launch): Promise<Finding> {
	const name = `golden-${host.newId().slice(-8).toLowerCase()}`;
	host.store.setMeta(`${NOTE}${name}`, "there");
	try {
		const asker = asOwner(host, launch);
		const input = { name, role: ROLE, place, fallback: "never" as const };
		await createLieutenant(host, input, asker("create"));
		await ask(host, name, contract.send, { name, message: ASKED }, asker("send"));
		return await heard(host, name, asker("read"));
	} catch (thrown) {
		if (!(thrown instanceof Fault)) throw thrown;
		return failed(thrown.message);
	} finally {
		await end(host, name);
	}
}

/** Those of an earlier host. */
export async function endChecks(host: Host): Promise<void> {
	const notes = host.store.rows("select key from meta where key like 'golden check %'");
	await Promise.all(notes.map(({ key }) => end(host, String(key).slice(NOTE.length))));
}

/** What cannot be asked now is asked again. */
async function end(host: Host, name: string): Promise<void> {
	try {
		if (host.machines.named(name) !== undefined)
			await ask(host, name, contract.destroy, { name }, asOwner(host, undefined)("destroy"));
		host.store.run("delete from meta where key = ?", `${NOTE}${name}`);
	} catch (thrown) {
		host.options.complain(`${name} of a golden check is not ended: ${reason(thrown)}`);
		host.options.world.clock.after(LATER_MS, () => {
			void end(host, name).catch((again) => host.options.complain(reason(again)));
		});
	}
	// Nobody is there to read what was told of it.
	host.inbox.acknowledge(
		OWNER,
		host.inbox.newest(OWNER).map(({ id }) => id),
	);
}

/** Until its message has ended; then what it has said. */
async function heard(host: Host, name: string, context: Context): Promise<Finding> {
	const { world } = host.options;
	const until = world.clock.elapsed() + ANSWER_MS;
	for (;;) {
		const row = host.machines.named(name);
		if (row === undefined) return failed("it is gone.");
		if (row.state === "failed" || row.state === "needs-credentials")
			return failed(`it is ${row.state}${row.reason === undefined ? "" : ` (${row.reason})`}.`);
		const { messages } = (await ask(host, name, contract.messages, { name }, context)) as Static<
			typeof contract.messages.output
		>;
		if (messages.every(({ receipt }) => receipt !== "queued" && receipt !== "accepted")) break;
		if (world.clock.elapsed() > until) return failed(`it has not answered within ${ANSWER_MS / 1_000} s.`);
		await sleep(world, AGAIN_MS, host.machines.ways.signal);
	}
	const { outputs } = (await ask(host, name, contract.read, { name }, context)) as Static<typeof contract.read.output>;
	const said = outputs.at(-1)?.trim() ?? "";
	if (said === "") return failed("it ended without a word.");
	return { what: "lieutenant", ok: true, said: `it answers: ${said.slice(0, 80)}` };
}

const failed = (why: string): Finding => ({
	...{ what: "lieutenant", ok: false, said: `none answers there: ${why}`, todo: REMEDY },
});

async function ask(
	host: Host,
	name: string,
	operation: AnyOperation,
	input: unknown,
	context: Context,
): Promise<unknown> {
	const row = host.machines.named(name);
	if (row === undefined) throw new Fault("lieutenant_unknown", `There is no ${name}.`);
	return await host.machines.pass(row, operation, input, context);
}

const asOwner =
	(host: Host, launch: Launch | undefined) =>
	(what: string): Context => ({
		...{ caller: OWNER, acting: undefined, target: undefined, launch, keep: () => undefined, ...unheard },
		key: `${OWNER} ${what} ${host.newId()}`,
	});
