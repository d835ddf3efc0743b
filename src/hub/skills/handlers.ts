import * as extensions from "../../contract/extensions.ts";
import * as skills from "../../contract/skills.ts";
import { read, type WriteCall, write } from "../handle.ts";
import { change, type Hand, publish, wholeOf, withdraw } from "./records.ts";
import { extensionOf, historyOf, pageOf, skillOf, versionOf } from "./views.ts";

const handOf = ({ tx, author, stamp, hub }: Omit<WriteCall<unknown>, "input">): Hand => ({
	...{ tx, author, stamp },
	tell: () => hub.links.tell({ type: "skills" }),
});

export const publishSkill = write(skills.publish, async ({ input, ...call }) =>
	skillOf(await publish(handOf(call), { kind: "skill", ...input })),
);

export const listSkills = read(
	skills.list,
	async ({ input, db }) => {
		const { rows, next } = await pageOf(db, "skill", input);
		return { skills: rows.map(skillOf), count: rows.length, ...next };
	},
	{ whole: () => true },
);

export const getSkill = read(skills.get, async ({ input, db }) => skillOf(await wholeOf(db, "skill", input.name)));

export const updateSkill = write(skills.update, async ({ input: { name, ...alteration }, ...call }) =>
	skillOf(await change(handOf(call), "skill", name, alteration)),
);

export const removeSkill = write(skills.remove, ({ input, ...call }) => withdraw(handOf(call), "skill", input.name));

export const skillHistory = read(skills.history, ({ input, db }) => historyOf(db, "skill", input.name, input));

export const skillVersion = read(skills.version, ({ input, db }) => versionOf(db, "skill", input.name, input.version));

export const restoreSkill = write(skills.restore, async ({ input, ...call }) => {
	const { name, description, content } = await versionOf(call.tx, "skill", input.name, input.version);
	return skillOf(await publish(handOf(call), { kind: "skill", name, description, content }));
});

export const publishExtension = write(extensions.publish, async ({ input, ...call }) =>
	extensionOf(await publish(handOf(call), { kind: "extension", ...input })),
);

export const listExtensions = read(
	extensions.list,
	async ({ input, db }) => {
		const { rows, next } = await pageOf(db, "extension", input);
		return { extensions: rows.map(extensionOf), count: rows.length, ...next };
	},
	{ whole: () => true },
);

export const getExtension = read(extensions.get, async ({ input, db }) =>
	extensionOf(await wholeOf(db, "extension", input.name)),
);

export const updateExtension = write(extensions.update, async ({ input: { name, ...alteration }, ...call }) =>
	extensionOf(await change(handOf(call), "extension", name, alteration)),
);

export const removeExtension = write(extensions.remove, ({ input, ...call }) =>
	withdraw(handOf(call), "extension", input.name),
);

export const extensionHistory = read(extensions.history, ({ input, db }) =>
	historyOf(db, "extension", input.name, input),
);

export const extensionVersion = read(extensions.version, ({ input, db }) =>
	versionOf(db, "extension", input.name, input.version),
);
