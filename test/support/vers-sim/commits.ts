/** Commits and the names that lead to them: tags of the account, and tags of repositories. */
import { randomUUID } from "node:crypto";
import { errors, OWNER } from "./fixture.ts";
import { Refusal } from "./http.ts";
import { dropSnapshot, type Snapshot } from "./machine.ts";
import type { Vm } from "./vms.ts";

export interface Commit {
	readonly commit_id: string;
	readonly owner_id: string;
	readonly created_at: string;
	readonly parent_vm_id: string;
	readonly grandparent_commit_id: string | null;
	readonly snapshot: Snapshot;
	name: string;
	description: string | undefined;
	is_public: boolean;
}

export interface Tag {
	readonly tag_id: string;
	readonly tag_name: string;
	commit_id: string;
	description: string | undefined;
}

export interface Repository {
	readonly repo_id: string;
	readonly name: string;
	readonly created_at: string;
	readonly tags: Map<string, Tag>;
	is_public: boolean;
	readonly description: string | undefined;
}

interface NewCommit {
	readonly id: string;
	readonly name: string | undefined;
	readonly description: string | undefined;
	readonly vm: Vm;
	readonly snapshot: Snapshot;
}

export class Commits {
	readonly #all = new Map<string, Commit>();
	readonly tags = new Map<string, Tag>();
	readonly repositories = new Map<string, Repository>();

	get all(): readonly Commit[] {
		return [...this.#all.values()];
	}

	has(id: string): boolean {
		return this.#all.has(id);
	}

	get(id: string): Commit {
		const commit = this.#all.get(id);
		if (commit === undefined) throw new Refusal(errors.commitNotFound);
		return commit;
	}

	add({ id, name, description, vm, snapshot }: NewCommit): void {
		this.#all.set(id, {
			commit_id: id,
			owner_id: OWNER,
			created_at: new Date().toISOString(),
			parent_vm_id: vm.id,
			grandparent_commit_id: vm.parentCommit,
			snapshot,
			name: name ?? id,
			description,
			is_public: false,
		});
	}

	/** Of a commit without machines; tags that name it go along. */
	remove(id: string): void {
		const commit = this.get(id);
		this.#all.delete(id);
		for (const [name, tag] of this.tags) if (tag.commit_id === id) this.tags.delete(name);
		for (const { tags } of this.repositories.values())
			for (const [name, tag] of tags) if (tag.commit_id === id) tags.delete(name);
		dropSnapshot(commit.snapshot);
	}

	/** The commit itself first. */
	lineage(id: string): readonly Commit[] {
		const found: Commit[] = [];
		for (let at: string | null = id; at !== null; ) {
			const commit: Commit | undefined = found.length === 0 ? this.get(at) : this.#all.get(at);
			if (commit === undefined) break;
			found.push(commit);
			at = commit.grandparent_commit_id;
		}
		return found;
	}

	/** `repository:tag`. */
	findRef(ref: string): string | undefined {
		const [repository = "", tag = ""] = ref.split(":");
		return this.repositories.get(repository)?.tags.get(tag)?.commit_id;
	}

	resolve(key: "commit_id" | "tag_name" | "ref", value: string): Commit {
		if (key === "commit_id") return this.get(value);
		const id = key === "ref" ? this.findRef(value) : this.tags.get(value)?.commit_id;
		if (id === undefined) throw new Refusal(errors.tagNotFound);
		return this.get(id);
	}

	/** A tag in `tags`, for a commit that exists. */
	tag(tags: Map<string, Tag>, tag_name: string, commit_id: string, description: string | undefined): Tag {
		this.get(commit_id);
		if (tags.has(tag_name)) throw new Refusal(errors.duplicate("tag"));
		const tag: Tag = { tag_id: randomUUID(), tag_name, commit_id, description };
		tags.set(tag_name, tag);
		return tag;
	}

	repository(name: string): Repository {
		const found = this.repositories.get(name);
		if (found === undefined) throw new Refusal(errors.repositoryNotFound);
		return found;
	}
}
