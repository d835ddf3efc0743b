/** The section `vms` of `settings.json`: which machines are made for lieutenants, and how a VM is reached. */

/** JSON Schema of `vms` in `settings.json`. */
export const vmsSchema = {
	type: "object",
	additionalProperties: false,
	properties: {
		golden: {
			type: "string",
			pattern: "^[\\w.:-]{1,200}$",
			description:
				"Snapshot, by id or repo:tag, from which VMs of lieutenants are made. Without it: the newest golden one of the ledger, or an empty VM.",
		},
		vcpus: { type: "integer", minimum: 1, maximum: 64, default: 2, description: "Processors of an empty VM." },
		memoryMib: {
			type: "integer",
			minimum: 512,
			maximum: 262_144,
			default: 4_096,
			description: "Memory of an empty VM, in MiB.",
		},
		diskMib: {
			type: "integer",
			minimum: 1_024,
			maximum: 1_048_576,
			default: 8_192,
			description: "Disk of an empty VM, in MiB.",
		},
		domain: {
			type: "string",
			pattern: "^[A-Za-z0-9][A-Za-z0-9.-]{0,200}$",
			description: "What VMs are called: <id>.<domain>. Default: that of the platform's address.",
		},
		connect: {
			type: "string",
			pattern: "^[A-Za-z0-9.-]{1,200}:\\d{1,5}$",
			description: "host:port that all ways to VMs go to. Default: the VM itself, port 443.",
		},
		authority: {
			type: "string",
			pattern: "^/[\\w./-]{1,300}$",
			description: "File with the certificates that VMs are trusted by. Default: those of the system.",
		},
	},
} as const;

export interface VmSettings {
	readonly golden: string | undefined;
	readonly size: { readonly vcpus: number; readonly memoryMib: number; readonly diskMib: number };
	readonly domain: string | undefined;
	readonly connect: string | undefined;
	readonly authority: string | undefined;
}

export interface ReadVmSettings {
	readonly settings: VmSettings;
	readonly problems: readonly string[];
}

/** `values` is the whole of `settings.json`. What cannot be read is named, and counts as not said. */
export function vmSettings({ vms }: Readonly<Record<string, unknown>>): ReadVmSettings {
	const isSection = typeof vms === "object" && vms !== null && !Array.isArray(vms);
	const said: Readonly<Record<string, unknown>> = isSection ? { ...vms } : {};
	const { properties } = vmsSchema;
	const problems = vms === undefined || isSection ? [] : ["vms must be an object"];
	for (const name of Object.keys(said)) if (!Object.hasOwn(properties, name)) problems.push(`vms.${name} is not known`);
	const word = (name: "golden" | "domain" | "connect" | "authority"): string | undefined => {
		const value = said[name];
		if (value === undefined) return undefined;
		if (typeof value === "string" && new RegExp(properties[name].pattern).test(value)) return value;
		problems.push(`vms.${name} cannot be '${String(value).slice(0, 80)}'`);
		return undefined;
	};
	const number = (name: "vcpus" | "memoryMib" | "diskMib"): number => {
		const value = said[name];
		const { minimum, maximum, default: usual } = properties[name];
		if (value === undefined) return usual;
		if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
		problems.push(`vms.${name} must be a whole number from ${minimum} to ${maximum}`);
		return usual;
	};
	const settings = {
		...{ golden: word("golden"), domain: word("domain"), connect: word("connect"), authority: word("authority") },
		size: { vcpus: number("vcpus"), memoryMib: number("memoryMib"), diskMib: number("diskMib") },
	};
	return { settings, problems };
}
