/** SkillHub: what every agent is taught, in which version, and who has it. */
import { ask, mayAct, path } from "./api.js";
import { useGet } from "./data.js";
import { Nothing, Plain, Problem, Rows, State, Time, useDeed, Words } from "./parts.js";
import { html } from "./view.js";
import { count } from "./words.js";

/** @typedef {import("../contract/skills.ts").Skill} Skill */
/** @typedef {import("../contract/skills.ts").Version} Version */

const TOLD = /skill|^extension_/;
const HEIGHT = 72;

/** @param {{ chosen: string }} props */
export function Skills({ chosen }) {
	const { data, problem, refresh } = useGet("skills/items", { limit: 1_000 }, { told: TOLD });
	/** @type {readonly Skill[]} */
	const skills = /** @type {any} */ (data)?.skills ?? [];
	const picked = skills.find(({ name }) => name === chosen);
	return html`<div class=${picked === undefined ? "split" : "split open"}>
		<section class="list" aria-label="Skills"><${Problem} of=${problem} />
			${
				skills.length === 0
					? html`<${Nothing} known=${data !== undefined}>The hub holds no skills.</${Nothing}>`
					: html`<${Rows} label="Skills" items=${skills} height=${HEIGHT} keyOf=${(/** @type {Skill} */ { name }) => name}
						row=${(/** @type {Skill} */ { name, version, enabled, description }) => html`<a class="card" href="#/skills/${name}" aria-current=${name === chosen ? "true" : undefined}><span class="line"><strong>${name}</strong><span class="figure">v${version}</span>${!enabled && html`<${State} of="paused" label="disabled" />`}</span><span class="line dim"><${Words}>${description}</${Words}></span></a>`} />`
			}<${Agents} /></section>
		<section class="detail" aria-label="Chosen skill">${picked === undefined ? html`<${Nothing} known=${data !== undefined}>Choose a skill to read it.</${Nothing}>` : html`<${One} key=${picked.name} of=${picked} refresh=${refresh} />`}</section>
	</div>`;
}

/** @param {{ of: Skill, refresh: () => void }} props */
function One({ of: { name, version, enabled, content, publishedBy, updatedAt }, refresh }) {
	const { act, busy, outcome } = useDeed(refresh);
	const { data } = useGet(path`skills/items/${name}/versions`, {}, { told: TOLD });
	/** @type {readonly Version[]} */
	const versions = /** @type {any} */ (data)?.versions ?? [];
	const turn = () =>
		act(async () => {
			await ask("PATCH", path`skills/items/${name}`, { enabled: !enabled });
			return enabled ? `${name} is taken from every agent.` : `Every agent gets ${name}.`;
		});
	return html`<div class="tools"><h2>${name}</h2><a class="back" href="#/skills">Back</a></div><p class="dim">Version ${version} by ${publishedBy}, <${Time} at=${updatedAt} /></p>
		${mayAct && html`<div class="buttons"><button type="button" disabled=${busy} onClick=${turn}>${enabled ? "Disable" : "Enable"}</button></div>${outcome}`}
		<${Plain} label="Text of ${name}" text=${content} />
		<h3>Versions</h3><ol>${versions.map(({ version: n, publishedBy: by, publishedAt, bytes }) => html`<li key=${n} value=${n}>${by}, <${Time} at=${publishedAt} />, ${count(bytes)} bytes</li>`)}</ol>`;
}

/** Who has which version. */
function Agents() {
	const { data } = useGet("skills/agents", { limit: 100 }, { told: TOLD });
	/** @type {readonly import("../contract/skillhub.ts").Inventory[]} */
	const agents = /** @type {any} */ (data)?.agents ?? [];
	return html`<details><summary>Who has them (${agents.length})</summary><ul>${agents.map((one) => html`<li key=${one.agentId}><${Words}>${[one.agentId, ...one.lieutenants].join(", ")}</${Words}> <span class="dim">${one.skills.length} skills, <${Time} at=${one.lastSync} /></span></li>`)}</ul></details>`;
}
