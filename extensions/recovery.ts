/** After a restart, a compaction or a night: the model has its fleet with every request, the person gets a brief. */
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import * as board from "../src/contract/board.ts";
import * as contract from "../src/contract/brief.ts";
import { fault } from "../src/errors.ts";
import { cacheBeforeState } from "../src/fleet/cache-point.ts";
import type { LiveWatch } from "../src/fleet/live-watch.ts";
import { NOTICE, noticeOf } from "../src/fleet/notice-desk.ts";
import { openFor } from "../src/fleet/open.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import type { Session } from "../src/fleet/session.ts";
import { sentence } from "../src/fleet/tools.ts";
import { parseEntry } from "../src/pi/entry.ts";
import { loadOnce } from "../src/pi/once.ts";
import { tally } from "../src/pi/tally.ts";
import { ownEntries } from "../src/pi/usage.ts";
import { holding } from "../src/world/hold.ts";

/** `customType` of the messages that this adds. */
const STATE = "flagship-state";
const BRIEF = "flagship-brief";

/** ms that the first request of a session waits to know its fleet, and the first one of a run to know what is new. */
const FIRST_REQUEST = 1_500;
const FIRST_OF_RUN = 250;
/** ms that a prompt waits for its brief; a later one is shown when it comes. Only a printed run waits for a host to connect. */
const BRIEF_WITHIN = { print: 1_500, connected: 800 } as const;
const PATIENCE = 20_000;

export default async function recovery(pi: ExtensionAPI): Promise<void> {
	if ((process.env.FLAGSHIP_LIEUTENANT ?? "") !== "" || !loadOnce(pi, "recovery")) return;
	if (tooOld(await piVersion()) !== undefined) return; // `hub.ts` says so, once

	let session: Session | undefined;
	let watch: LiveWatch | undefined;
	let ending = new AbortController();
	/** What the next request may wait, ms. */
	let patience = FIRST_REQUEST;
	/** A brief that was asked for with the prompt that is about to run. */
	let coming: Promise<string | undefined> | undefined;

	pi.on("session_start", async (_event, ctx) => {
		const [opened, { LiveWatch }, { realWorld }] = await Promise.all([
			openFor(ctx),
			import("../src/fleet/live-watch.ts"),
			import("../src/world/real.ts"),
		]);
		session = opened;
		ending = new AbortController();
		patience = FIRST_REQUEST;
		const { signal } = ending;
		watch = new LiveWatch({
			clock: realWorld().clock,
			host: opened.host(),
			async ask() {
				const told = await opened.call(board.mine, { limit: 10 }, { signal });
				if (told.type === "kept") throw fault("hub_away", "");
				return told.output;
			},
		});
		void watch.refresh(0);
	});

	pi.on("session_shutdown", () => {
		ending.abort();
		watch?.close();
		session?.leave();
		[watch, session, coming] = [undefined, undefined, undefined];
	});

	pi.on("agent_start", () => {
		patience = Math.max(patience, FIRST_OF_RUN);
	});

	pi.on("context", async (event) => {
		if (watch === undefined) return undefined;
		const ms = patience;
		patience = 0;
		await holding(watch.refresh(ms));
		const present = event.messages.flatMap((message) =>
			message.role === "custom" && message.customType === NOTICE ? [noticeOf(message.details)] : [],
		);
		const content = watch?.state(new Set(present.filter((id) => id !== undefined)));
		if (content === undefined) return undefined;
		const state = { role: "custom" as const, customType: STATE, content, display: false, timestamp: Date.now() };
		// Last: what comes before it stays as the provider has cached it, and no tool's result is parted from its call.
		return { messages: [...event.messages, state] };
	});

	pi.on("before_provider_request", (event) => cacheBeforeState(event.payload));

	/** Says that a person is here. Resolves with the brief, if they were away. */
	const attend = async (ctx: ExtensionContext): Promise<string | undefined> => {
		const host = session?.host();
		if (host === undefined) return undefined;
		const input = { session: ctx.sessionManager.getSessionId(), spentUsd: spent(ctx) };
		const options = { key: crypto.randomUUID(), patience: PATIENCE, signal: ending.signal };
		try {
			const { brief } = await host.call(contract.attend, input, options);
			return brief === undefined ? undefined : contract.briefText(brief);
		} catch {
			// The prompt matters more than the brief, and tools say what is wrong with the host.
			return undefined;
		}
	};

	const show = (ctx: ExtensionContext, content: string | undefined): void => {
		if (content === undefined || session === undefined) return;
		printed(ctx, content, process.stderr);
		pi.sendMessage({ customType: BRIEF, content, display: true }, { triggerTurn: false });
	};

	pi.on("input", (event, ctx) => {
		if (event.source === "extension") return;
		const asked = attend(ctx);
		if (event.streamingBehavior === undefined) coming = asked;
		else void asked.then((content) => show(ctx, content));
	});

	pi.on("before_agent_start", async (_event, ctx) => {
		const asked = coming;
		coming = undefined;
		if (asked === undefined) return undefined;
		const connected = session?.host().lease === undefined ? 0 : BRIEF_WITHIN.connected;
		const content = await holding(within(asked, ctx.mode === "print" ? BRIEF_WITHIN.print : connected));
		if (content === LATE) {
			void asked.then((late) => show(ctx, late));
			return undefined;
		}
		if (content === undefined) return undefined;
		printed(ctx, content, process.stderr);
		return { message: { customType: BRIEF, content, display: true } };
	});

	pi.registerMessageRenderer(BRIEF, (message, _options, theme) => ({
		render: (width) =>
			String(message.content)
				.split("\n")
				.flatMap((line) => line.match(new RegExp(`.{1,${Math.max(20, width)}}`, "gu")) ?? [""])
				.map((line, index) => (index === 0 ? theme.fg("accent", line) : line)),
		invalidate: () => undefined,
	}));

	pi.registerCommand("brief", {
		description: "What happened while you were last away: done, stuck, spent, needs you",
		async handler(_args, ctx) {
			const host = session?.host();
			if (host === undefined) return;
			try {
				const content = contract.briefText(await holding(host.call(contract.show, {}, { patience: PATIENCE })));
				printed(ctx, content, process.stdout);
				pi.sendMessage({ customType: BRIEF, content, display: true }, { triggerTurn: false });
			} catch (thrown) {
				ctx.ui.notify(`Flagship: ${sentence(thrown)}`, "warning");
			}
		},
	});
}

/** A printed run shows no messages. */
function printed(ctx: ExtensionContext, text: string, to: NodeJS.WriteStream): void {
	if (ctx.mode === "print") to.write(`${text}\n`);
}

const LATE = Symbol("late");

function within<T>(work: Promise<T>, ms: number): Promise<T | typeof LATE> {
	const { promise: late, resolve } = Promise.withResolvers<typeof LATE>();
	const timer = setTimeout(() => resolve(LATE), ms);
	return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** US dollars of this session so far, as the hub will be told. */
function spent(ctx: ExtensionContext): number {
	const header = ctx.sessionManager.getHeader();
	const forkedAt = header?.parentSession === undefined ? undefined : header.timestamp;
	const entries = ctx.sessionManager.getEntries().map(parseEntry);
	return tally(
		ownEntries(
			entries.filter((entry) => entry !== undefined),
			forkedAt,
		),
	).cost;
}
