/** The orchestrator's side of the fleet: lieutenants as tools, their notices in the conversation, the widget. */
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import type { HostClient } from "../src/client/host.ts";
import { isMutation } from "../src/client/request.ts";
import type { Launch, Notice } from "../src/contract/link.ts";
import { fault } from "../src/errors.ts";
import type { BackupWatch } from "../src/fleet/backup-age.ts";
import { cardsFile, cardsIn } from "../src/fleet/card.ts";
import { contractFolder, operationsIn } from "../src/fleet/catalog.ts";
import { type EntryLike, NOTICE, NoticeDesk } from "../src/fleet/notice-desk.ts";
import { openFor } from "../src/fleet/open.ts";
import { knowsExposure, piVersion, tooOld } from "../src/fleet/pi-version.ts";
import { fleetLines, summary } from "../src/fleet/present.ts";
import type { Session } from "../src/fleet/session.ts";
import { registerOperationTool, type ToolCall, toolsFor } from "../src/fleet/tools.ts";
import { Waiting } from "../src/fleet/waiting.ts";
import { takenOver } from "../src/pi/environment.ts";
import { loadOnce } from "../src/pi/once.ts";
import { holding } from "../src/world/hold.ts";

const WIDGET = "flagship";
/** ms between redraws: rows change with every tool of every lieutenant. */
const REDRAW = 250;
/** ms that a call waits for a host that is being started, on a machine that is busy. */
const PATIENCE = 20_000;
/** ms after which the hub is asked for its backups first. */
const ASKED_AFTER = 5_000;
/** ms that notices wait for the run of a prompt; an extension may have handled it without one. */
const HELD = 5_000;

export default async function lieutenants(pi: ExtensionAPI): Promise<void> {
	if ((process.env.FLAGSHIP_LIEUTENANT ?? "") !== "" || !loadOnce(pi, "lieutenants")) return;
	const version = await piVersion();
	if (tooOld(version) !== undefined) return; // `hub.ts` says so, once

	const find = operationsIn(() => readdirSync(contractFolder));
	const waiting = new Waiting();
	let context: ExtensionContext | undefined;
	let session: Session | undefined;
	let host: HostClient | undefined;
	let backups: BackupWatch | undefined;
	let redraw: NodeJS.Timeout | undefined;
	let asking: NodeJS.Timeout | undefined;
	let held: NodeJS.Timeout | undefined;

	const desk = new NoticeDesk({
		entries: () => (context?.sessionManager.getBranch() ?? []) as readonly EntryLike[],
		send: (notice) => pi.sendMessage(messageOf(notice), { deliverAs: "followUp", triggerTurn: true }),
		acknowledge: (ids) => host?.acknowledge(ids),
	});

	const launch = (): Launch => ({
		pi: piCommand(),
		cwd: context?.cwd ?? process.cwd(),
		env: takenOver(process.env),
		...(context?.model === undefined ? {} : { model: `${context.model.provider}/${context.model.id}` }),
		thinking: pi.getThinkingLevel(),
	});

	/** A name is resolved once; what is asked again carries the same id. */
	const targetOf = (input: unknown): string | undefined => {
		const name = (input as { name?: unknown }).name;
		return [...(host?.lieutenants.values() ?? [])].find((row) => row.name === name && row.state !== "gone")?.id;
	};

	const call: ToolCall = async (operation, input, { signal, key, onSteps }) => {
		if (host === undefined) throw fault("host_unreachable", "this session has not begun");
		const output = await holding(
			host.call(operation, input, {
				...{ signal, key, onSteps },
				patience: PATIENCE,
				...(operation.launches === true ? { launch: launch() } : { target: targetOf(input) }),
			}),
		);
		if (isMutation(operation)) gave(operation.name, input, output);
		return { type: "done", output };
	};

	const gave = (operation: string, input: unknown, output: unknown): void => {
		if (operation === "lieutenants.create" && (input as { task?: string }).task !== undefined) {
			waiting.gave((output as { id: string }).id, true);
		}
		if (operation === "lieutenants.replace" && (output as { due?: string }).due !== undefined)
			waiting.gave((output as { id: string }).id, true);
		if (operation === "ralph.start") waiting.gave((output as { id: string }).id, true);
		if (operation === "ralph.stop") waiting.over((output as { loop: { id: string } }).loop.id);
		if (operation === "lieutenants.send")
			waiting.gave((output as { message: { lieutenant: string } }).message.lieutenant, false);
	};

	const cards = cardsIn(readFileSync(cardsFile, "utf8"));
	for (const card of toolsFor("orchestrator", cards).filter((one) => one.at === "host")) {
		const deferred = card.core !== true && knowsExposure(version);
		registerOperationTool(pi, card, find, call, { newKey: () => crypto.randomUUID(), deferred });
	}

	pi.registerMessageRenderer<{ type: Notice["type"] }>(NOTICE, (message, _options, theme) => ({
		render: (width) =>
			noticeLines(message, width).map((line, index) => (index === 0 ? theme.fg("accent", line) : line)),
		invalidate: () => undefined,
	}));

	const draw = (): void => {
		redraw ??= setTimeout(() => {
			redraw = undefined;
			const ctx = context;
			if (ctx === undefined || host === undefined || !ctx.hasUI) return;
			const rows = [...host.lieutenants.values()];
			const lines = fleetLines(rows, Date.now(), { money: host.budget, backup: backups?.age });
			const alarm = backups?.alarm;
			const shown = alarm === undefined ? [...lines] : [...lines, alarm];
			ctx.ui.setWidget(WIDGET, shown.length === 0 ? undefined : shown);
			const observer = host.lease?.own === false ? " (observer)" : "";
			ctx.ui.setStatus(
				WIDGET,
				`fleet${observer}: ${summary(
					rows.filter((row) => row.state !== "gone"),
					host.budget,
				)}`,
			);
		}, REDRAW).unref();
	};

	pi.on("session_start", async (_event, ctx) => {
		context = ctx;
		const opened = await openFor(ctx);
		session = opened;
		host = opened.host();
		host.listen({
			onLease: draw,
			onNotice(notice) {
				waiting.heard(notice);
				desk.arrived(notice, ctx.mode === "print");
			},
			onBudget: draw,
			onLieutenants(rows) {
				waiting.changed(rows);
				draw();
			},
		});
		// Who has no screen sees no widget; a session's first seconds belong to the person.
		if (ctx.hasUI) asking = setTimeout(() => void watchBackups(opened), ASKED_AFTER).unref();
	});

	const watchBackups = async (opened: Session): Promise<void> => {
		const [{ BackupWatch: Watch }, { status }, { realWorld }] = await Promise.all([
			import("../src/fleet/backup-age.ts"),
			import("../src/contract/backups.ts"),
			import("../src/world/real.ts"),
		]);
		if (session !== opened) return;
		backups = new Watch({
			clock: realWorld().clock,
			status: async () => {
				const answer = await opened.call(status, {}, {});
				if (answer.type !== "done") throw fault("hub_away", "");
				return answer.output;
			},
			changed: draw,
			warn: (text) => context?.ui.notify(`Flagship: ${text}`, "warning"),
		});
	};
	pi.on("input", (event, ctx) => {
		// A printed run's notices wait for its end anyway.
		if (ctx.mode === "print" || event.streamingBehavior !== undefined) return;
		desk.hold();
		clearTimeout(held);
		held = setTimeout(() => desk.release(), HELD).unref();
	});
	pi.on("agent_start", () => {
		clearTimeout(held);
		desk.release();
	});
	pi.on("turn_end", () => desk.turned());
	pi.on("agent_settled", () => desk.settled());

	pi.on("agent_before_settle", async (event, ctx) => {
		// A terminal and an RPC client are still there when the next notice comes; a printed run is not.
		if (ctx.mode !== "print") return;
		while (desk.unsent.length === 0 && waiting.pending > 0 && ctx.signal?.aborted !== true)
			await waiting.next(ctx.signal);
		const news = desk.take();
		if (news.length === 0) return;
		return {
			entries: [...event.entries, ...news.map((notice) => ({ type: "custom_message" as const, ...messageOf(notice) }))],
			continue: true,
		};
	});

	pi.on("session_shutdown", () => {
		clearTimeout(held);
		clearTimeout(redraw);
		clearTimeout(asking);
		backups?.close();
		backups = undefined;
		redraw = undefined;
		context = undefined;
		host = undefined;
		session?.leave();
		session = undefined;
	});
}

const messageOf = (notice: Notice) => ({
	customType: NOTICE,
	content: `${notice.again === true ? "(again) " : ""}${notice.text}`,
	display: true,
	details: { notice: notice.id, type: notice.type },
});

function noticeLines(
	message: { readonly content: unknown; readonly details?: { type: Notice["type"] } },
	width: number,
): string[] {
	const text = typeof message.content === "string" ? message.content : "";
	return text.split("\n").flatMap((line, index) => {
		const whole = index === 0 ? ` ★ ${line}` : `   ${line}`;
		return whole.match(new RegExp(`.{1,${Math.max(20, width)}}`, "gu")) ?? [""];
	});
}

/** How this pi was started; a compiled one has no script. */
function piCommand(): readonly string[] {
	const script = process.argv[1];
	return /^(node|bun)(\.exe)?$/.test(basename(process.execPath)) && script !== undefined
		? [process.execPath, realpathSync(script)]
		: [process.execPath];
}
