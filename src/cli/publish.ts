/** `flagship skills publish <folder>`: a skill's folder, or one that holds several, into the hub. */
import { parseArgs } from "node:util";
import { frontOf } from "../contract/skill-text.ts";
import * as contract from "../contract/skills.ts";
import { Fault, fault, reason } from "../errors.ts";
import type { Context } from "./context.ts";
import { askHub } from "./operate.ts";

interface Candidate {
	readonly name: string;
	readonly description: string;
	readonly content: string;
}

const FILE = "SKILL.md";

/** All are looked at before the first is published. A skill that the hub has in just this text is left as it is. */
export async function publish(context: Context, args: readonly string[]): Promise<number> {
	const { folder, json } = wordsOf(args);
	const found = candidatesIn(context, folder);
	const told: unknown[] = [];
	for (const candidate of found) {
		const known = await currentOf(context, candidate.name);
		const same = known?.content === candidate.content && known.description === candidate.description;
		const skill = same ? known : ((await askHub(context, contract.publish, candidate)).output as contract.Skill);
		told.push(skill);
		if (!json)
			context.out(same ? `${skill.name} v${skill.version} is there already.` : contract.publish.tell(skill, candidate));
	}
	if (json) context.out(JSON.stringify(told, null, 2));
	return 0;
}

function wordsOf(args: readonly string[]): { readonly folder: string; readonly json: boolean } {
	const parsed = parse(args);
	const [folder, ...more] = parsed.positionals;
	if (folder === undefined || more.length > 0) throw fault("usage", "Usage: flagship skills publish <folder> [--json]");
	return { folder, json: parsed.values.json === true };
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({ args: [...args], options: { json: { type: "boolean" } }, allowPositionals: true });
	} catch (thrown) {
		throw fault("usage", reason(thrown));
	}
}

function candidatesIn({ world: { files } }: Context, folder: string): Candidate[] {
	const isSkill = (path: string): boolean => files.stat(`${path}/${FILE}`)?.kind === "file";
	const folders = isSkill(folder)
		? [folder]
		: files
				.list(folder)
				.map((name) => `${folder}/${name}`)
				.filter(isSkill);
	if (folders.length === 0) throw fault("invalid_input", `There is no ${FILE} in ${folder}, nor in a folder of it.`);
	return folders.map((path) => {
		const others = files.list(path).filter((name) => name !== FILE);
		if (others.length > 0)
			throw fault(
				"invalid_input",
				`${path} holds more than ${FILE} (${others.join(", ")}): the hub publishes one file.`,
			);
		return candidateOf(`${path}/${FILE}`, files.read(`${path}/${FILE}`) ?? "");
	});
}

function candidateOf(path: string, content: string): Candidate {
	const { name, description } = frontOf(content);
	if (name === undefined || description === undefined)
		throw fault("invalid_input", `${path} does not begin with '---', name and description.`);
	if (!new RegExp(contract.SKILL_NAME).test(name) || name.length > contract.SKILL_NAME_MAX)
		throw fault("invalid_input", `${path}: '${name}' cannot be a name: use a-z, 0-9 and single '-', at most 64.`);
	return { name, description, content };
}

async function currentOf(context: Context, name: string): Promise<contract.Skill | undefined> {
	try {
		return (await askHub(context, contract.get, { name })).output as contract.Skill;
	} catch (thrown) {
		if (thrown instanceof Fault && thrown.code === "not_found") return undefined;
		throw thrown;
	}
}
