/** The ssh server of one machine, for one link: who may log in, and what a login can do. */
import type { TLSSocket } from "node:tls";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { runCommand } from "./command.ts";
import type { Faults } from "./faults.ts";
import { Forwards } from "./forwards.ts";
import type { Link } from "./link.ts";
import type { Machine } from "./machine.ts";

export interface Login {
	readonly socket: TLSSocket;
	readonly link: Link;
	readonly machine: Machine;
	readonly vm: string;
	readonly faults: Faults;
}

/** `root` with the machine's present key; nothing else. */
function mayLogIn(context: AuthContext, machine: Machine): boolean {
	if (context.method !== "publickey" || context.username !== "root" || context.key === undefined) return false;
	const key = ssh2.utils.parseKey(machine.userKey.public);
	if (key instanceof Error || !key.getPublicSSH().equals(context.key.data)) return false;
	// Without a signature the client only asks whether this key would do.
	if (context.signature === undefined || context.blob === undefined) return true;
	return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function serve(connection: Connection, login: Login): void {
	connection.on("authentication", (context) => {
		if (mayLogIn(context, login.machine)) context.accept();
		else context.reject(["publickey"]);
	});
	connection.on("session", (accept) => {
		const session = accept();
		const env: Record<string, string> = {};
		session.on("env", (agree, _refuse, { key, val }) => {
			env[key] = val;
			agree?.();
		});
		session.on("exec", (open, _refuse, { command }) => runCommand(login, session, open(), command, env));
		session.on("shell", (open) => runCommand(login, session, open(), undefined, env));
	});
	new Forwards(connection);
	// The link's end is told by its socket; what the protocol says of a broken one adds nothing.
	connection.on("error", () => login.socket.destroy());
}

export function serveSsh(login: Login): void {
	const server = new ssh2.Server({ hostKeys: [login.machine.hostKey.private] }, (connection) =>
		serve(connection, login),
	);
	server.injectSocket(login.socket);
}
