/** What a lieutenant's process is started with, and the gates that hold for one life of it. */
import type { Settings } from "../daemon/settings.ts";
import { type GateSettings, gateSettings, gatesEnvironment, PROJECT_FILE, tighten } from "../gates/settings.ts";
import type { Mode } from "../gates/settle.ts";
import type { World } from "../world.ts";
import { allowanceOf } from "./bounds/bound.ts";
import type { Employment } from "./places/place.ts";
import type { Launches } from "./store/launches.ts";
import type { Standing } from "./store/roster.ts";
import type { Tokens } from "./store/tokens.ts";

export interface EmployerParts {
	readonly files: Pick<World["files"], "read">;
	readonly settings: Settings;
	readonly tokens: Tokens;
	readonly launches: Launches;
	/** Where the hub is, as the host of another machine told: no file of this home says so. */
	told(): string | undefined;
	/** US dollars of its session beyond which it gets nothing. */
	ceiling(id: string): number | undefined;
}

export class Employer {
	readonly #parts: EmployerParts;

	constructor(parts: EmployerParts) {
		this.#parts = parts;
	}

	employment(standing: Standing): Employment {
		const { spec, owner, bound } = standing;
		const { settings, tokens, launches, ceiling, told } = this.#parts;
		const hub = settings.values.hub ?? told();
		const token = tokens.of(`lieutenant:${spec.id}`, "lieutenant", spec.name).token;
		return {
			id: spec.id,
			name: spec.name,
			role: spec.role,
			...(spec.before === undefined ? {} : { before: spec.before.text }),
			owner,
			cwd: spec.cwd,
			...(spec.worktree === undefined ? {} : { branch: spec.worktree.branch }),
			...(spec.model === undefined ? {} : { model: spec.model }),
			...(spec.thinking === undefined ? {} : { thinking: spec.thinking }),
			hub: typeof hub === "string" ? { url: hub, token } : { token },
			...(bound === undefined ? {} : { allowance: allowanceOf(bound, ceiling(spec.id)) }),
			gates: gatesEnvironment(this.#gates(standing)),
			ports: spec.ports,
			pi: spec.pi,
			env: { ...forAgents(settings.env), ...launches.environment(spec.id) },
		};
	}

	/** Of the work log's gate, as the person set it: projects may tighten it, which changes nothing for the host. */
	get workLog(): Mode {
		return this.#fixed().workLog;
	}

	#fixed(): GateSettings {
		const { settings } = this.#parts;
		return gateSettings(settings.values, { FLAGSHIP_SET: settings.set });
	}

	/** Fixed for one life. The project's wishes are read where the person works, too: its own copy it might have changed. */
	#gates({ spec: { cwd, worktree } }: Standing): GateSettings {
		const folders = [...new Set([worktree?.repository ?? cwd, worktree?.path ?? cwd, cwd])];
		return folders.reduce(
			(so, folder) => tighten(so, this.#parts.files.read(`${folder}/${PROJECT_FILE}`)),
			this.#fixed(),
		);
	}
}

/** What a person keeps in `settings.json` for their agents; the platform's account opens the whole fleet, so it stays. */
const forAgents = (env: Settings["env"]): Record<string, string> =>
	Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("VERS_")));
