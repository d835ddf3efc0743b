/** `flagship gate pre-push`: what a lieutenant's git hook asks before a push. It fails closed. */
import { publish } from "../contract/feed.ts";
import { Fault, reason } from "../errors.ts";
import { judgePush, parsePolicy, pushedRefs } from "../gates/push.ts";
import type { Context } from "./context.ts";
import { askHub } from "./operate.ts";

/** `args`: the policy's file, the remote's name, its address; the refs are on stdin. Exit code 1 stops the push. */
export async function prePush(
	context: Context,
	[file = "", remote = "", address = ""]: readonly string[],
): Promise<number> {
	const policy = parsePolicy(context.world.files.read(file));
	if (policy === undefined) {
		context.complain(
			`Not pushed: ${file} does not say what may be pushed. The next start of this agent writes it anew.`,
		);
		return 1;
	}
	if (policy.mode === "off") return 0;
	const refs = pushedRefs(await context.input());
	const head = refs.length === 0 ? undefined : await headOf(context, remote, address);
	const verdict = judgePush({ remote, refs, head }, policy);
	if (verdict.type === "pass") return 0;
	context.complain(verdict.text);
	await tell(context, verdict.text, { verdict: verdict.type, branches: verdict.branches });
	return verdict.type === "refused" ? 1 : 0;
}

/** The branch that the remote calls its own: as fetched, else as the remote says. */
async function headOf({ world }: Context, remote: string, address: string): Promise<string | undefined> {
	const known = await world.spawn.run("git", ["symbolic-ref", "--quiet", `refs/remotes/${remote}/HEAD`]);
	const prefix = `refs/remotes/${remote}/`;
	if (known.code === 0 && known.stdout.startsWith(prefix)) return known.stdout.trim().slice(prefix.length);
	const asked = await world.spawn.run("git", ["ls-remote", "--symref", "--", address, "HEAD"], { timeout: 15_000 });
	return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(asked.stdout)?.[1];
}

async function tell(context: Context, summary: string, metadata: Readonly<Record<string, unknown>>): Promise<void> {
	try {
		await askHub(context, publish, { type: "custom", summary, metadata: { gate: "pushToMain", ...metadata } });
	} catch (thrown) {
		// The verdict stands without the feed.
		context.complain(`The feed could not be told: ${thrown instanceof Fault ? thrown.message : reason(thrown)}`);
	}
}
