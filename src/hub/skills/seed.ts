/**
 * The package's own skills, published by the hub itself, so that an agent on a machine without the package's folder has
 * them, too. A text that was published before is not published again: not after somebody has withdrawn or replaced it,
 * and not by an older package that starts after a newer one.
 */
import { frontOf } from "../../contract/skill-text.ts";
import { SKILL_NAME } from "../../contract/skills.ts";
import { reason } from "../../errors.ts";
import type { Context } from "../context.ts";
import type { Tx } from "../database/tx.ts";
import { contentHash, type Publication, publish } from "./records.ts";

/** Who publishes them. */
export const PACKAGE = "flagship";

/** What is in the folder. A hub that cannot publish them serves nevertheless, and says so in its log. */
export async function seedSkills(hub: Context, folder: string): Promise<void> {
	try {
		const found = readSkills(hub, folder);
		await hub.database.write(async (tx) => {
			for (const skill of found) if (await isNew(tx, skill)) await publishOne(hub, tx, skill);
		});
	} catch (thrown) {
		hub.complain(`the package's own skills were not published: ${reason(thrown)}`);
	}
}

function readSkills({ world: { files }, complain }: Context, folder: string): Publication[] {
	return files.list(folder).flatMap((name) => {
		const content = files.read(`${folder}/${name}/SKILL.md`);
		if (content === undefined) return [];
		const { description } = frontOf(content);
		if (description !== undefined && new RegExp(SKILL_NAME).test(name))
			return [{ kind: "skill" as const, name, description, content, tags: [PACKAGE] }];
		complain(`${folder}/${name} is no skill that can be published: it lacks a plain name or a description`);
		return [];
	});
}

/** Never published here; or the package's own still, in another text. */
async function isNew(tx: Tx, { name, content }: Publication): Promise<boolean> {
	const versions = await tx
		.selectFrom("skill_versions")
		.select(["hash", "published_by"])
		.where("kind", "=", "skill")
		.where("name", "=", name)
		.orderBy("version", "desc")
		.execute();
	const [newest] = versions;
	if (newest === undefined) return true;
	const hash = contentHash(content);
	const row = await tx
		.selectFrom("skills")
		.select("withdrawn")
		.where("kind", "=", "skill")
		.where("name", "=", name)
		.executeTakeFirst();
	return newest.published_by === PACKAGE && row?.withdrawn === 0 && !versions.some((version) => version.hash === hash);
}

function publishOne(hub: Context, tx: Tx, skill: Publication): Promise<unknown> {
	const at = hub.world.clock.now();
	const stamp = { id: hub.ids.next(), timestamp: new Date(at).toISOString(), at };
	// No host is linked yet: each asks when it links.
	return publish({ tx, author: { name: PACKAGE, role: "admin" }, stamp, tell: () => undefined }, skill);
}
