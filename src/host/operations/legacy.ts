/** What a fresh agent is told of the one before it: asked, said, changed, not committed; and where all of it can be read. */
import { lieutenantFolder } from "../../daemon/home.ts";
import { describe } from "../../gates/facts.ts";
import { sessionFolder } from "../agent/command.ts";
import { workAfter } from "../bounds/bound.ts";
import type { Host } from "../host.ts";
import type { Lieutenant } from "../lieutenant.ts";
import type { Spec } from "../store/roster.ts";

/** Characters of each part: enough to go on, little enough to stand in every request. */
const ASKED = 3_000;
const SAID = 2_000;
const CHANGED = 1_500;
const RECENT = 50;
const STATUS_MS = 30_000;

export async function legacyOf(
	host: Host,
	old: Lieutenant,
	note: string | undefined,
): Promise<NonNullable<Spec["before"]>> {
	const { spec } = old.standing;
	const look = await old.look();
	const recent = host.outbox.list(spec.id, RECENT);
	const asked = recent.find(({ mode, receipt }) => mode !== "steer" && receipt === "consumed")?.text;
	const said = look.outputs.at(-1)?.text;
	const changed = describe(workAfter(look.entries, 0)).text;
	const open = await uncommitted(host, spec);
	const parts = [
		`Before you an agent of this name (${spec.id}) worked here. You have its role, its folder and its unread messages, and none of its memory: look at what is there before you go on.`,
		part("It was asked last", asked, ASKED),
		part("It said last", said, SAID),
		part("It changed", changed, CHANGED),
		part("Not committed", open, CHANGED),
		`All of its conversation: ${sessionFolder(lieutenantFolder(host.options.home, spec.id))}, or transcript_read with its id.`,
		part("From whoever put you here", note, ASKED),
	];
	return { id: spec.id, text: parts.filter((one) => one !== undefined).join("\n\n") };
}

const part = (title: string, text: string | undefined, most: number): string | undefined => {
	const whole = text?.trim() ?? "";
	if (whole === "") return undefined;
	return `${title}:\n${whole.slice(0, most)}${whole.length > most ? " …" : ""}`;
};

/** A folder that git cannot tell of has none of it to tell. */
async function uncommitted({ options: { world } }: Host, { worktree, cwd }: Spec): Promise<string | undefined> {
	if (worktree === undefined) return undefined;
	const ran = await world.spawn.run("git", ["-C", cwd, "status", "--short"], { timeout: STATUS_MS });
	return ran.code === 0 ? ran.stdout : undefined;
}
