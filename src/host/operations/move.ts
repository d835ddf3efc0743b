/**
 * A lieutenant moves: this host has it packed where it is, carries the file, has it unpacked where it goes, and lets the
 * first place go only when it lives at the second. Whatever fails before that leaves it where it was, at work.
 */
import type { Static } from "@sinclair/typebox";
import type { Lieutenant } from "../../contract/lieutenants.ts";
import type { Launch } from "../../contract/link.ts";
import * as contract from "../../contract/moves.ts";
import type { AnyOperation } from "../../contract/operation.ts";
import { Fault, fault, reason } from "../../errors.ts";
import { type Context, type HostHandler, handle } from "../calls.ts";
import type { Host } from "../host.ts";
import { launchOf } from "./create.ts";

type Output = Static<typeof contract.move.output>;

export const moveHandlers = (host: Host): readonly HostHandler[] =>
	[
		handle(contract.move, ({ name, place }, context) => moveLieutenant(host, name, place, context)),
		handle(contract.pack, ({ id, file, to }) => host.moves.pack(id, file, to)),
		handle(contract.unpack, async ({ id, file, bytes }, context) =>
			(await host.moves.unpack(id, file, bytes, launchOf(host, context), context)).view(),
		),
		handle(contract.settle, ({ id, moved }) => host.moves.settle(id, moved)),
	] as unknown as readonly HostHandler[];

/** One end of a move. */
interface End {
	/** Where a file for it lies there. */
	readonly file: string;
	ask(operation: AnyOperation, input: unknown, key: string): Promise<unknown>;
	/** From and to `here`, a file of this machine. */
	put(here: string): Promise<void>;
	fetch(here: string): Promise<void>;
	drop(): void;
}

async function moveLieutenant(host: Host, name: string, to: string, context: Context): Promise<Output> {
	const own = host.roster.named(name);
	const row = own === undefined ? host.machines.named(name) : host.living(own.spec.id).view();
	if (row === undefined) throw fault("lieutenant_unknown", name, []);
	if (row.place === to || (to === "vers" && host.vms.has(row.place))) return row;
	const taken = () => fault("lieutenant_moving", row.name, host.moves.begun(row.id) ?? to);
	return await host.moves.alone(row.id, taken, () => moveOne(host, row, to, context));
}

/** Nothing else moves it meanwhile: of two at once the one that fails would start it again where it was. */
async function moveOne(host: Host, row: Lieutenant, to: string, context: Context): Promise<Output> {
	const launch = launchOf(host, context);
	host.launches.note(launch);
	// One that broke off may have arrived: it goes on to the same place.
	const place = host.moves.begun(row.id) ?? (to === "vers" ? await host.vms.make(row.name, context) : to);
	host.moves.begin(row.id, place);
	try {
		return await at(host, row.place, row.id, context, launch, (from) =>
			at(host, place, row.id, context, launch, (there) => carry(host, { id: row.id, place }, from, there)),
		);
	} catch (thrown) {
		// An answer that was lost may mean that it lives there: then it must not begin here as well.
		if (thrown instanceof Fault && thrown.code === "host_silent") throw thrown;
		await at(host, row.place, row.id, context, launch, (from) => stay(host, row.id, from));
		throw thrown instanceof Fault ? thrown : fault("move_failed", reason(thrown));
	} finally {
		host.vms.settled(place);
		if (host.moves.begun(row.id) === undefined && to === "vers" && !host.machines.lived(place)) host.vms.left(place);
	}
}

function at<T>(
	host: Host,
	place: string,
	id: string,
	context: Context,
	launch: Launch,
	work: (end: End) => Promise<T>,
): Promise<T> {
	const name = `${id}.tgz`;
	const here = `${host.options.home.host}/moves/${name}`;
	if (place !== "local")
		return host.machines.visit(place, context, launch, (visit) => {
			const file = `${visit.folder}/.flagship/moves/${name}`;
			return work({
				...{ file, ask: visit.ask, drop: () => visit.drop(id) },
				put: (from) => visit.put(from, file),
				fetch: (to) => visit.fetch(file, to),
			});
		});
	return work({
		file: here,
		ask: (operation, input) => askHere(host, operation, input, launch, context),
		put: async () => undefined,
		fetch: async () => undefined,
		drop: () => undefined,
	});
}

/** What another machine's host is asked over its socket. */
async function askHere(
	host: Host,
	{ name }: AnyOperation,
	input: unknown,
	launch: Launch,
	context: Context,
): Promise<unknown> {
	if (name === contract.pack.name) {
		const { id, file, to } = input as Static<typeof contract.pack.input>;
		return await host.moves.pack(id, file, to);
	}
	if (name === contract.unpack.name) {
		const { id, file, bytes } = input as Static<typeof contract.unpack.input>;
		return (await host.moves.unpack(id, file, bytes, launch, context)).view();
	}
	const { id, moved } = input as Static<typeof contract.settle.input>;
	return await host.moves.settle(id, moved);
}

async function carry(host: Host, { id, place }: { id: string; place: string }, from: End, to: End): Promise<Output> {
	const { files } = host.options.world;
	const here = `${host.options.home.host}/moves/${id}.tgz`;
	files.makeFolder(here.slice(0, here.lastIndexOf("/")), 0o700);
	const once = host.newId();
	try {
		const asked = { id, file: from.file, to: place };
		const { bytes } = (await from.ask(contract.pack, asked, `pack ${once}`)) as Static<typeof contract.pack.output>;
		await from.fetch(here);
		await to.put(here);
		const arrived = (await to.ask(contract.unpack, { id, file: to.file, bytes }, `unpack ${once}`)) as Output;
		return { ...arrived, ...(await leave(host, id, from)) };
	} finally {
		files.remove(here);
	}
}

/** It lives at the new place: the old one lets go, sooner or later; until then its fence holds. */
async function leave(host: Host, id: string, from: End): Promise<{ readonly note?: string }> {
	from.drop();
	host.moves.begin(id, undefined);
	try {
		const settled = await from.ask(contract.settle, { id, moved: true }, `gone ${host.newId()}`);
		const { kept } = settled as Static<typeof contract.settle.output>;
		return kept.length === 0 ? {} : { note: `Left behind: ${kept.join("; ")}.` };
	} catch (thrown) {
		return { note: `Where it was is not told yet: ${reason(thrown)}` };
	}
}

async function stay(host: Host, id: string, from: End): Promise<void> {
	host.moves.begin(id, undefined);
	await from.ask(contract.settle, { id, moved: false }, `stay ${host.newId()}`);
}
