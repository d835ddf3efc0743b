/** Machines: snapshots as they came from each other, machines that were not deleted, and those that were used. */
import { useGet } from "./data.js";
import { Nothing, Problem, State, Time, Words } from "./parts.js";
import { html } from "./view.js";

/** @typedef {import("../contract/commits.ts").Commit} Commit */
/** @typedef {import("../contract/undeleted.ts").Undeleted} Undeleted */
/** @typedef {import("../contract/usage.ts").UsageVm} UsedVm */
/** @typedef {{ commit: Commit, children: Branch[] }} Branch */

/** Each snapshot below the one that it was made from; what has none that is known stands at the top. @param {readonly Commit[]} commits newest first */
export function treeOf(commits) {
	const branches = new Map(
		commits.map((commit) => [commit.commitId, /** @type {Branch} */ ({ commit, children: [] })]),
	);
	/** @type {Branch[]} */
	const roots = [];
	for (const branch of branches.values()) {
		const above = branches.get(branch.commit.parent ?? "");
		if (above === undefined || isBelow(above, branch, branches)) roots.push(branch);
		else above.children.push(branch);
	}
	return roots;
}

/** Records can be wrong: two that name each other must not take each other off the page. @param {Branch} one @param {Branch} other @param {ReadonlyMap<string, Branch>} branches */
function isBelow(one, other, branches) {
	/** @type {Branch | undefined} */
	let at = one;
	for (let steps = 0; at !== undefined && steps <= branches.size; steps++) {
		if (at === other) return true;
		at = branches.get(at.commit.parent ?? "");
	}
	return false;
}

export function Vms() {
	const commits = useGet("commits", { limit: 1_000 }, { told: /^commit_/ });
	const undeleted = useGet("undeleted", { limit: 1_000 }, { told: /^machine/ });
	const used = useGet("usage/vms", { range: "7d", limit: 100 }, { told: /^usage_|^vm_/ });
	/** @type {readonly Undeleted[]} */
	const left = /** @type {any} */ (undeleted.data)?.machines ?? [];
	/** @type {readonly UsedVm[]} */
	const machines = /** @type {any} */ (used.data)?.vms ?? [];
	const roots = treeOf(/** @type {any} */ (commits.data)?.commits ?? []);
	return html`<h2>Not deleted</h2><${Problem} of=${undeleted.problem} />
		${left.length === 0 && html`<${Nothing} known=${undeleted.data !== undefined}>Every machine that was deleted is gone.</${Nothing}>`}
		<ul class="entries">${left.map(({ machine, name, host, tries, cause, lastAt }) => html`<li key=${machine}><span class="line"><${State} of="stalled" label="not deleted" /><strong class="words">${machine}</strong><${Words}>${name ?? ""}</${Words}></span><p class="dim">Tried ${tries} ${tries === 1 ? "time" : "times"} by ${host}, last <${Time} at=${lastAt} />: ${cause}. It may still cost.</p></li>`)}</ul>
		<h2>Snapshots</h2><${Problem} of=${commits.problem} />
		${roots.length === 0 ? html`<${Nothing} known=${commits.data !== undefined}>No snapshots are recorded.</${Nothing}>` : html`<ul class="tree" aria-label="Snapshots">${roots.map((root) => html`<${Snapshot} key=${root.commit.id} of=${root} />`)}</ul>`}
		<h2>Used in the last seven days</h2><${Problem} of=${used.problem} />
		${
			machines.length === 0
				? html`<${Nothing} known=${used.data !== undefined}>None.</${Nothing}>`
				: html`<div class="scroll" tabIndex="0" role="region" aria-label="Machines used"><table><thead><tr><th>Machine</th><th>Role</th><th>Agent</th><th>From</th><th>To</th></tr></thead><tbody>${machines.map(({ id, vmId, role, agent, createdAt, destroyedAt }) => html`<tr key=${id}><td><${Words}>${vmId}</${Words}></td><td>${role}</td><td><${Words}>${agent}</${Words}></td><td><${Time} at=${createdAt} /></td><td>${destroyedAt === undefined ? "running" : html`<${Time} at=${destroyedAt} />`}</td></tr>`)}</tbody></table></div>`
		}`;
}

/** @param {{ of: Branch }} props */
const Snapshot = ({
	of: { commit, children },
}) => html`<li><span class="line"><strong class="words">${commit.label ?? commit.commitId}</strong>${(commit.tags ?? []).map((tag) => html`<span class="tag" key=${tag}>${tag}</span>`)}${commit.containsSecrets === true && html`<${State} of="stalled" label="holds secrets" />`}</span>
	<span class="line dim"><${Words}>${commit.commitId} of ${commit.vmId}</${Words}><${Words}>${commit.agent ?? ""}</${Words}><${Time} at=${commit.timestamp} /></span>
	${children.length > 0 && html`<ul>${children.map((child) => html`<${Snapshot} key=${child.commit.id} of=${child} />`)}</ul>`}</li>`;
