/**
 * The hub's skills in this session. The host of this machine keeps them on a shelf; each request to the model lists what
 * stands there now, so that a new skill is in the next request and a withdrawn one is not, without a reload of pi: a
 * reload would make every extension anew, and cut what runs. What does it is loaded at the first prompt.
 */
import type { ExtensionAPI, ExtensionContext } from "@earendil-works/pi-coding-agent";
import { reason } from "../src/errors.ts";
import type { Following } from "../src/fleet/follow-skills.ts";
import { piVersion, tooOld } from "../src/fleet/pi-version.ts";
import { loadOnce } from "../src/pi/once.ts";
import type { Offers } from "./skillhub/offers.ts";

export default async function skillhub(pi: ExtensionAPI): Promise<void> {
	const unwanted = process.argv.some((word) => word === "--no-skills" || word === "-ns");
	if (unwanted || tooOld(await piVersion()) !== undefined || !loadOnce(pi, "skillhub")) return;
	const url = hubOf(process.env);
	let opened: Promise<Offers | undefined> | undefined;
	const offers = (): Promise<Offers | undefined> => {
		opened ??= import("./skillhub/offers.ts").then(({ Offers, packageSkills, shelfOf }) => {
			const shelf = shelfOf(process.env, url);
			const own = (process.env.FLAGSHIP_LIEUTENANT ?? "") === "" ? [] : packageSkills();
			return shelf === undefined ? undefined : new Offers(pi, shelf, own);
		});
		return opened;
	};

	pi.on("context_with_system", async (event) => (await offers())?.context(event));
	pi.on("input", async (event) => (event.text.startsWith("/skill:") ? (await offers())?.input(event) : undefined));

	if (url === undefined) return;
	let following: Promise<Following | undefined> | undefined;
	pi.on("session_start", (_event, ctx) => {
		// In the background: nobody waits for a hub that is far, or away.
		following = follow(ctx, url).catch((thrown) => {
			// A rejection that nobody takes would end pi.
			if (ctx.hasUI) ctx.ui.notify(`Flagship: skills are not kept up to date: ${reason(thrown)}`, "warning");
			return undefined;
		});
	});
	pi.on("session_shutdown", async () => {
		const left = following;
		following = undefined;
		(await left)?.leave();
	});
}

async function follow(ctx: ExtensionContext, url: string): Promise<Following | undefined> {
	const [{ followSkills }, { shelfOf }] = await Promise.all([
		import("../src/fleet/follow-skills.ts"),
		import("./skillhub/offers.ts"),
	]);
	const shelf = shelfOf(process.env, url);
	return shelf === undefined ? undefined : followSkills(ctx, shelf);
}

/** A hub that a person has chosen for this session. Lieutenants have that of their host. */
function hubOf({
	FLAGSHIP_LIEUTENANT: lieutenant = "",
	VERS_INFRA_URL: url = "",
}: NodeJS.ProcessEnv): string | undefined {
	return lieutenant === "" && url !== "" ? url : undefined;
}
