/** Commits, tags, repositories and the account's variables over the API. */
import { randomUUID } from "node:crypto";
import type { Commit, Commits, Repository, Tag } from "./commits.ts";
import { codes, empty, errors, json } from "./fixture.ts";
import { type Call, Refusal, type Route } from "./http.ts";
import type { Vms } from "./vms.ts";

const optional = (name: string, value: string | null | undefined) =>
	value === undefined || value === null ? {} : { [name]: value };

const info = (commit: Commit) => ({
	commit_id: commit.commit_id,
	name: commit.name,
	owner_id: commit.owner_id,
	is_public: commit.is_public,
	created_at: commit.created_at,
	parent_vm_id: commit.parent_vm_id,
	...optional("description", commit.description),
	...optional("grandparent_commit_id", commit.grandparent_commit_id),
});

function ancestor(commit: Commit) {
	const { commit_id: id, ...rest } = info(commit);
	return { id, ...rest };
}

const tagInfo = ({ tag_id, tag_name, commit_id, description }: Tag) => ({
	tag_id,
	tag_name,
	commit_id,
	...optional("description", description),
});

const repositoryInfo = ({ repo_id, name, is_public, created_at, description }: Repository) => ({
	repo_id,
	name,
	is_public,
	created_at,
	...optional("description", description),
});

function page(call: Call, commits: readonly Commit[]) {
	const limit = call.number("limit", 50, 1);
	const offset = call.number("offset", 0);
	const part = commits.slice(offset, offset + limit).map(info);
	return json(200, { commits: part, total: commits.length, limit, offset });
}

function commitRoutes(commits: Commits, vms: Vms): readonly Route[] {
	const change = (call: Call) => {
		const { body } = call;
		const commit = commits.get(call.param("commit_id"));
		commit.is_public = body.need("is_public", body.flag("is_public"));
		commit.name = body.text("name") ?? commit.name;
		commit.description = body.text("description") ?? commit.description;
		return json(200, info(commit));
	};
	const remove = (call: Call) => {
		const { commit_id } = commits.get(call.param("commit_id"));
		const living = vms.all.filter(({ parentCommit }) => parentCommit === commit_id).length;
		if (living > 0) throw new Refusal(errors.commitInUse(living));
		commits.remove(commit_id);
		return empty(codes.deletedOther);
	};
	return [
		{ method: "GET", path: "/commits", op: "commits", run: (call) => page(call, commits.all) },
		{
			method: "GET",
			path: "/commits/public",
			op: "commits_public",
			run: (call) =>
				page(
					call,
					commits.all.filter(({ is_public }) => is_public),
				),
		},
		{ method: "PATCH", path: "/commits/:commit_id", op: "commit_change", run: change },
		{ method: "DELETE", path: "/commits/:commit_id", op: "commit_delete", run: remove },
		{
			method: "GET",
			path: "/vm/commits/:commit_id/parents",
			op: "parents",
			run: (call) => json(200, commits.lineage(call.param("commit_id")).map(ancestor)),
		},
	];
}

/** List, make, read, change and delete of one set of tags; both kinds have the same five. */
function tagActs(commits: Commits, tagsOf: (call: Call) => Map<string, Tag>) {
	const one = (call: Call): Tag => {
		const tag = tagsOf(call).get(call.param("tag"));
		if (tag === undefined) throw new Refusal(errors.tagNotFound);
		return tag;
	};
	return {
		list: (call: Call) => [...tagsOf(call).values()].map(tagInfo),
		make(call: Call): Tag {
			const { body } = call;
			const name = body.need("tag_name", body.text("tag_name"));
			return commits.tag(tagsOf(call), name, body.need("commit_id", body.text("commit_id")), body.text("description"));
		},
		read: (call: Call) => json(200, tagInfo(one(call))),
		change(call: Call) {
			const tag = one(call);
			const id = call.body.text("commit_id");
			if (id !== undefined) tag.commit_id = commits.get(id).commit_id;
			tag.description = call.body.text("description") ?? tag.description;
			return empty(codes.deletedOther);
		},
		remove(call: Call) {
			tagsOf(call).delete(one(call).tag_name);
			return empty(codes.deletedOther);
		},
	};
}

function tagRoutes(commits: Commits): readonly Route[] {
	const acts = tagActs(commits, () => commits.tags);
	const make = (call: Call) => {
		const { tag_id, tag_name, commit_id } = acts.make(call);
		return json(codes.created, { tag_id, tag_name, commit_id });
	};
	return [
		{ method: "GET", path: "/commit_tags", op: "tags", run: (call) => json(200, { tags: acts.list(call) }) },
		{ method: "POST", path: "/commit_tags", op: "tag_make", run: make },
		{ method: "GET", path: "/commit_tags/:tag", op: "tag", run: acts.read },
		{ method: "PATCH", path: "/commit_tags/:tag", op: "tag_change", run: acts.change },
		{ method: "DELETE", path: "/commit_tags/:tag", op: "tag_delete", run: acts.remove },
	];
}

function repositoryRoutes(commits: Commits): readonly Route[] {
	const { repositories } = commits;
	const one = (call: Call): Repository => commits.repository(call.param("repo"));
	const acts = tagActs(commits, (call) => one(call).tags);
	const make = ({ body }: Call) => {
		const name = body.need("name", body.text("name"));
		if (repositories.has(name)) throw new Refusal(errors.duplicate("repository"));
		const [repo_id, created_at] = [randomUUID(), new Date().toISOString()];
		const description = body.text("description");
		repositories.set(name, { repo_id, name, created_at, is_public: false, description, tags: new Map() });
		return json(codes.created, { repo_id, name });
	};
	const remove = (call: Call) => {
		repositories.delete(one(call).name);
		return empty(codes.deletedOther);
	};
	const show = (call: Call) => {
		one(call).is_public = call.body.need("is_public", call.body.flag("is_public"));
		return empty(codes.deletedOther);
	};
	const makeTag = (call: Call) => {
		const { tag_id, tag_name, commit_id } = acts.make(call);
		return json(codes.created, { tag_id, commit_id, reference: `${call.param("repo")}:${tag_name}` });
	};
	const list = (call: Call) => json(200, { repository: one(call).name, tags: acts.list(call) });
	const all = () => json(200, { repositories: [...repositories.values()].map(repositoryInfo) });
	return [
		{ method: "GET", path: "/repositories", op: "repositories", run: all },
		{ method: "POST", path: "/repositories", op: "repository_make", run: make },
		{
			method: "GET",
			path: "/repositories/:repo",
			op: "repository",
			run: (call) => json(200, repositoryInfo(one(call))),
		},
		{ method: "DELETE", path: "/repositories/:repo", op: "repository_delete", run: remove },
		{ method: "PATCH", path: "/repositories/:repo/visibility", op: "repository_show", run: show },
		{ method: "GET", path: "/repositories/:repo/tags", op: "repository_tags", run: list },
		{ method: "POST", path: "/repositories/:repo/tags", op: "repository_tag_make", run: makeTag },
		{ method: "GET", path: "/repositories/:repo/tags/:tag", op: "repository_tag", run: acts.read },
		{ method: "PATCH", path: "/repositories/:repo/tags/:tag", op: "repository_tag_change", run: acts.change },
		{ method: "DELETE", path: "/repositories/:repo/tags/:tag", op: "repository_tag_delete", run: acts.remove },
	];
}

function variableRoutes(vms: Vms): readonly Route[] {
	const change = ({ body }: Call) => {
		const given = body.need("vars", body.map("vars"));
		vms.variables = body.flag("replace") === true ? given : { ...vms.variables, ...given };
		return json(200, { vars: vms.variables });
	};
	const remove = (call: Call) => {
		const { [call.param("key")]: gone, ...rest } = vms.variables;
		if (gone === undefined) throw new Refusal(errors.notFound);
		vms.variables = rest;
		return empty(codes.deletedOther);
	};
	return [
		{ method: "GET", path: "/env_vars", op: "variables", run: () => json(200, { vars: vms.variables }) },
		{ method: "PUT", path: "/env_vars", op: "variables_change", run: change },
		{ method: "DELETE", path: "/env_vars/:key", op: "variable_delete", run: remove },
	];
}

export const storeRoutes = (commits: Commits, vms: Vms): readonly Route[] => [
	...commitRoutes(commits, vms),
	...tagRoutes(commits),
	...repositoryRoutes(commits),
	...variableRoutes(vms),
];
