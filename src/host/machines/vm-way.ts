/**
 * The way to a VM of the Vers platform: ssh inside TLS, which the platform's name for the machine leads to. Both ends are
 * proven: the certificate by the system's authorities and that name, the machine by the key that it was first met with.
 */
import { sleep } from "../../client/time.ts";
import { Fault, fault } from "../../errors.ts";
import type { VersClient } from "../../vers/client.ts";
import type { World } from "../../world.ts";
import { openSsh, type Ssh } from "./ssh.ts";
import type { VmSettings } from "./vm-settings.ts";

export interface VmWayParts {
	readonly world: World;
	/** Folder of control sockets: short, this user's alone. */
	readonly sockets: string;
	/** Folder for what ssh says, for host keys that were met, and for the keys of VMs. */
	readonly folder: string;
	/** `PATH`, `HOME` and the like. */
	readonly env: Readonly<Record<string, string>>;
	readonly settings: Pick<VmSettings, "domain" | "connect" | "authority">;
	/** The platform, and its address, from which the machines' own names follow. */
	platform(): Promise<{ readonly client: Pick<VersClient, "status" | "sshKey">; readonly url: string }>;
}

/** ms that a machine may take to boot and to answer. */
const READY_MS = 90_000;
const AGAIN_MS = 1_000;
/** openssl or ssh do not believe that it is the machine: that does not pass by itself. */
const DISTRUST = /verif/i;
const VM_ID = /^[0-9A-Za-z-]{1,64}$/;
const PLAIN_HOST = /^[A-Za-z0-9][A-Za-z0-9.-]{0,200}$/;

/**
 * Opens an ssh to this VM, once it has booted. Throws `vers_gone` when the platform does not know it,
 * `machine_unreachable` with the reason when it does not answer.
 */
export async function vmWay(
	parts: VmWayParts,
	vm: string,
	more: { readonly place?: string; readonly purpose?: string; readonly signal: AbortSignal },
): Promise<Ssh> {
	if (!VM_ID.test(vm)) throw fault("name_invalid", vm);
	const { world, sockets, folder, env } = parts;
	const { place = `vers:${vm}`, purpose, signal } = more;
	const { client, url } = await parts.platform();
	const name = `${vm}.${domainOf(url, parts.settings.domain)}`;
	const keyFile = vmKeyFile(folder, vm);
	const until = world.clock.elapsed() + READY_MS;
	for (;;) {
		await awake(client, vm, place, signal);
		// Asked for each time: after a restore it is another one.
		keep(world, keyFile, await client.sshKey(vm, { signal }));
		try {
			const address = { type: "ssh", destination: `root@${name}` } as const;
			const options = optionsFor(keyFile, name, parts.settings);
			return await openSsh({ world, address, place, purpose, sockets, folder, env, config: "none", options }, signal);
		} catch (thrown) {
			signal.throwIfAborted();
			const hopeless = !(thrown instanceof Fault) || DISTRUST.test(thrown.message);
			if (hopeless || world.clock.elapsed() > until) throw thrown;
			await sleep(world, AGAIN_MS, signal);
		}
	}
}

/** Where the key of a VM is kept for ssh; removed with the VM. */
export function vmKeyFile(folder: string, vm: string): string {
	if (!VM_ID.test(vm)) throw fault("name_invalid", vm);
	return `${folder}/vm-keys/${vm}.pem`;
}

function keep({ files }: World, path: string, key: string): void {
	files.makeFolder(path.slice(0, path.lastIndexOf("/")), 0o700);
	files.write(path, key.endsWith("\n") ? key : `${key}\n`, 0o600);
}

/** A machine that sleeps has no ssh; only who paused it knows whether it may run. */
async function awake(
	client: Pick<VersClient, "status">,
	vm: string,
	place: string,
	signal: AbortSignal,
): Promise<void> {
	const { state } = await client.status(vm, { signal });
	if (state === "paused") throw fault("machine_unreachable", place, "the VM is paused; vers_vm_state lets it run on");
	if (state === "dead") throw fault("vers_gone", `VM ${vm}: it is dead`);
}

/** `api.vers.sh` has its machines at `vm.vers.sh`. */
function domainOf(url: string, said: string | undefined): string {
	if (said !== undefined) return said;
	const { hostname } = new URL(url);
	return hostname.replace(/^api\./, "vm.");
}

/** What the system's ssh needs for it. All words are plain: the proxy command is a line for a shell. */
function optionsFor(keyFile: string, name: string, { connect, authority }: VmWayParts["settings"]): readonly string[] {
	if (!PLAIN_HOST.test(name)) throw fault("name_invalid", name);
	const trust = authority === undefined ? "" : ` -CAfile ${authority}`;
	const proxy =
		`openssl s_client -connect ${connect ?? `${name}:443`} -servername ${name} -verify_hostname ${name}` +
		` -quiet -verify_quiet -verify_return_error${trust}`;
	const options = [
		`ProxyCommand=${proxy}`,
		`HostKeyAlias=${name}`,
		`IdentityFile="${keyFile}"`,
		...["IdentitiesOnly=yes", "IdentityAgent=none", "PasswordAuthentication=no"],
	];
	return options.flatMap((option) => ["-o", option]);
}
