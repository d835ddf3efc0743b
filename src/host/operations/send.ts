/** A message to a lieutenant: kept, then delivered; the answer says where it stands. */
import type { Static } from "@sinclair/typebox";
import type { Message, send } from "../../contract/lieutenants.ts";
import { fault } from "../../errors.ts";
import type { Bound, Order } from "../bounds/bound.ts";
import type { Context } from "../calls.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import { ended } from "../receipt.ts";
import { logNothingDue, moneyFor, orderOf, orderText, placed } from "./order.ts";

type Input = Static<typeof send.input>;
type Output = Static<typeof send.output>;

const WAIT_MS = 60_000;

export async function sendMessage(host: Host, lieutenant: Lieutenant, input: Input, context: Context): Promise<Output> {
	lieutenant.listening();
	if (input.hard === true && input.mode !== "steer") throw fault("invalid_input", "hard goes with mode steer");
	if (!givesWork(lieutenant, input)) return await deliver(host, lieutenant, input, context);
	const { spec, owner, costUsd, bound } = lieutenant.standing;
	const who = { id: spec.id, name: spec.name, fleet: owner, costUsd, generation: context.acting?.generation };
	const money = moneyFor(host, orderOf(input), bound);
	return await host.purse.during(who, money, () => deliver(host, lieutenant, input, context));
}

async function deliver(host: Host, lieutenant: Lieutenant, input: Input, context: Context): Promise<Output> {
	const { spec, bound } = lieutenant.standing;
	const said = { ...backFromReview(input, bound), ...orderOf(input) };
	// A steer still reaches one that is at work: it may be what makes room.
	if (givesWork(lieutenant, input)) host.disk.refuse(spec.cwd);
	const order = await placed(host, said, spec.cwd, bound?.task ?? input.task);
	lieutenant.listening();
	const { mode, note } = modeFor(lieutenant, input);
	const id = host.newId();
	const hard = input.hard === true ? { hard: { supersedes: [] } } : {};
	const text = [input.message, orderText(order)].filter(Boolean).join("\n\n");
	const asked = { id, n: 1, mode, text, receipt: "queued" as const, ...hard };
	const say = (): Output => ({ message: stored(host, id), ...(note === undefined ? {} : { note }) });
	host.store.transaction(() => {
		host.outbox.add(spec.id, asked, host.isoNow());
		if (givesWork(lieutenant, input)) logNothingDue(host, lieutenant.standing, lieutenant.assign(order), order);
		context.keep(say());
	});
	lieutenant.ask(asked);
	if (input.wait !== undefined) await reached(host, id, input.wait);
	return say();
}

/** What a review sends back is due as that task; one that is at other work keeps what that must leave behind. */
const backFromReview = ({ task }: Input, bound: Bound | undefined): Order =>
	task === undefined || bound !== undefined ? {} : { deliverable: { type: "task" } };

function modeFor(lieutenant: Lieutenant, input: Input): { readonly mode: Message["mode"]; readonly note?: string } {
	const { name } = lieutenant.standing.spec;
	if ((input.mode ?? "prompt") === "prompt" && lieutenant.working) {
		return {
			mode: "followUp",
			note: `${name} is at work: it gets this as a followUp, when it is done. mode steer reaches it sooner.`,
		};
	}
	return { mode: input.mode ?? "prompt" };
}

/** A steer changes the work that there is; all else is work, and so is a steer to one that has none. */
const givesWork = (lieutenant: Lieutenant, { mode, deliverable, cap }: Input): boolean =>
	mode !== "steer" || (deliverable ?? cap) !== undefined || lieutenant.standing.bound === undefined;

function stored(host: Host, id: string): Message {
	const message = host.outbox.get(id);
	if (message === undefined) throw fault("not_found", `message ${id}`);
	return message;
}

/** Resolves when the message stands so far, or ended otherwise, or after a minute: the answer says which. */
function reached(host: Host, id: string, wait: "accepted" | "consumed"): Promise<void> {
	return new Promise((resolve) => {
		const look = () => {
			const { receipt } = stored(host, id);
			if (receipt !== wait && !ended(receipt)) return;
			stop();
			timer.cancel();
			resolve();
		};
		const stop = host.news.onReceipt((message) => {
			if (message === id) look();
		});
		const timer = host.options.world.clock.after(WAIT_MS, () => {
			stop();
			resolve();
		});
		look();
	});
}
