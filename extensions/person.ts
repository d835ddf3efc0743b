/** What a person does on the dashboard is told in the orchestrator's conversation. Nothing of it is loaded for a lieutenant. */
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import * as feed from "../src/contract/feed.ts";
import { DEED, DeedDesk, readFrom } from "../src/fleet/deed-desk.ts";
import { openFor } from "../src/fleet/open.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import type { Session } from "../src/fleet/session.ts";
import { loadOnce } from "../src/pi/once.ts";
import { holding } from "../src/world/hold.ts";

/** ms that a printed run waits to know what was done since its session was last open. */
const CAUGHT_UP_WITHIN = 1_500;
/** Deeds that are told of one absence; the board and the fleet show the rest. */
const MOST = 50;

export default async function person(pi: ExtensionAPI): Promise<void> {
	if ((process.env.FLAGSHIP_LIEUTENANT ?? "") !== "" || !loadOnce(pi, "person")) return;
	if (tooOld(await piVersion()) !== undefined) return; // `hub.ts` says so, once

	let context: ExtensionContext | undefined;
	let leave = (): void => undefined;
	let session: Session | undefined;
	let missed: Promise<unknown> | undefined;

	const desk = new DeedDesk({
		entries: () => context?.sessionManager.getBranch() ?? [],
		send: (content, event) => pi.sendMessage({ customType: DEED, content, display: true, details: { event } }),
		owner: () => session?.host().lease?.name,
	});

	pi.on("session_start", async (_event, ctx) => {
		context = ctx;
		const opened = await openFor(ctx);
		session = opened;
		const since = readFrom(ctx.sessionManager.getBranch());
		if (ctx.mode !== "print") {
			const stream = opened.hub.subscribe(
				feed.stream,
				{ type: feed.PERSON_ACTED },
				{ since: since ?? new Date().toISOString(), onEvent: (event) => desk.arrived(event) },
			);
			leave = () => stream.close();
		} else if (since !== undefined) missed = catchUp(opened, since);
	});

	/** A printed run is over before anything happens; what happened before it, it should know. */
	const catchUp = async (opened: Session, since: string): Promise<void> => {
		const asked = AbortSignal.timeout(CAUGHT_UP_WITHIN);
		const told = await opened
			.call(feed.list, { type: feed.PERSON_ACTED, since, limit: MOST }, { signal: asked })
			.catch(() => undefined); // every tool says that the hub is away
		if (told?.type === "done") for (const event of told.output) desk.arrived(event);
	};

	pi.on("before_agent_start", async () => {
		await holding(missed ?? Promise.resolve());
		missed = undefined;
	});
	pi.on("agent_settled", () => desk.settled());
	pi.on("session_shutdown", () => {
		leave();
		session?.leave();
		leave = () => undefined;
		[context, session, missed] = [undefined, undefined, undefined];
	});

	pi.registerMessageRenderer(DEED, (message, _options, theme) => ({
		render: (width) =>
			(String(message.content).match(new RegExp(`.{1,${Math.max(20, width)}}`, "gsu")) ?? [""]).map((line) =>
				theme.fg("accent", line.replace(/\p{Cc}/gu, " ")),
			),
		invalidate: () => undefined,
	}));
}
