/** The tools of the old extension: prompts and skills that name them go on working. */
import { expect, test } from "vitest";
import { isRecord } from "../../src/client/request.ts";
import { cardsOf } from "../../src/fleet/card.ts";
import { everyOperation } from "./catalog.ts";

const operations = await everyOperation();
const cards = cardsOf(operations);

/** Parameters; those with a star were required. Who did it is no longer asked: a name that is given is passed over. */
const OLD: Readonly<Record<string, string>> = {
	board_create_task: "title* createdBy* description assignee tags",
	board_list_tasks: "status assignee tag",
	board_update_task: "id* status assignee title tags",
	board_add_note: "taskId* author* content* type*",
	board_submit_for_review: "taskId* summary* artifacts",
	board_add_artifact: "taskId* artifacts*",
	board_bump: "taskId*",
	log_append: "text* agent",
	log_query: "since until last",
	journal_entry: "text* mood tags",
	feed_publish: "agent* type* summary* detail",
	feed_list: "agent type limit",
	feed_stats: "",
	registry_list: "role status",
	registry_register: "id* name* role* address* registeredBy* services",
	registry_discover: "role*",
	registry_heartbeat: "id*",
	skillhub_sync: "",
	usage_summary: "range",
	usage_sessions: "agent range",
	usage_vms: "role agent range",
};

test.each(Object.entries(OLD))("%s takes what it took", (name, parameters) => {
	const card = cards.find(({ tool }) => tool === name);
	const operation = operations.find(({ tool }) => tool === name);
	const old = parameters.split(" ").filter((word) => word !== "");
	const names = old.map((word) => word.replace("*", ""));
	const { properties, required } = card?.parameters ?? {};
	const shown = Object.keys(isRecord(properties) ? properties : {});
	// Hidden from models, and taken from whoever still sends them.
	const taken = Object.keys(operation?.input.properties ?? {});
	for (const parameter of names) expect(taken, name).toContain(parameter);
	const needed = Array.isArray(required) ? required : [];
	expect(needed.filter((parameter) => !old.includes(`${parameter}*`))).toEqual([]);
	expect(names.filter((parameter) => !shown.includes(parameter) && parameter !== operation?.author?.field)).toEqual([]);
});
