/**
 * The host: the supervisor of one machine. It keeps the agents alive, their messages until they are answered, and what
 * the hub should know until the hub knows it. It needs neither an orchestrator nor a hub to go on.
 */

import type { Client } from "../client/client.ts";
import type { Lieutenant as Row } from "../contract/lieutenants.ts";
import type { AnyOperation } from "../contract/operation.ts";
import { type Home, settingsFile, socketPath } from "../daemon/home.ts";
import type { Settings } from "../daemon/settings.ts";
import { Wake } from "../daemon/wake.ts";
import { fault, reason } from "../errors.ts";
import { masker, type Secret, secretsIn } from "../mask.ts";
import type { Death } from "../pi/cut.ts";
import type { VersAccount } from "../vers/key.ts";
import type { Listener, Timer, World } from "../world.ts";
import { type BoundSettings, boundSettings } from "./bounds/settings.ts";
import { Purse } from "./budgets/purse.ts";
import { budgetSettings } from "./budgets/settings.ts";
import { Calls, type Route } from "./calls.ts";
import { Checks } from "./checks/checks.ts";
import { Employer } from "./employer.ts";
import { Access } from "./hub/access.ts";
import { Drain } from "./hub/drain.ts";
import { findHub } from "./hub/find.ts";
import { Link } from "./hub/link.ts";
import { idMaker } from "./ids.ts";
import type { Look } from "./journal.ts";
import { Lieutenant } from "./lieutenant.ts";
import { shouldRun } from "./lifecycle.ts";
import { DiskGuard } from "./liveness/disk-guard.ts";
import { type LivenessSettings, livenessSettings } from "./liveness/settings.ts";
import { Storms } from "./liveness/storms.ts";
import { type Carry, noWay } from "./machines/carrier.ts";
import { machineGone } from "./machines/gone.ts";
import { Machines } from "./machines/machines.ts";
import { Outages } from "./machines/outages.ts";
import { machineSettings } from "./machines/settings.ts";
import { Moves } from "./moves/moves.ts";
import { Names } from "./names.ts";
import { News } from "./news.ts";
import { handlersOf } from "./operations/all.ts";
import { verdictOf } from "./operations/check.ts";
import { OwnVms } from "./own-vms.ts";
import { LocalPlace } from "./places/local.ts";
import type { Place } from "./places/place.ts";
import type { Quarters } from "./quarters.ts";
import { Ralph } from "./ralph/ralph.ts";
import { Sessions } from "./sessions.ts";
import { sheltered } from "./shelter.ts";
import { SkillSync } from "./skills/sync.ts";
import { Answers } from "./store/answers.ts";
import { Inbox } from "./store/inbox.ts";
import { Launches } from "./store/launches.ts";
import { KeptMachines } from "./store/machines.ts";
import { Outbox } from "./store/outbox.ts";
import { Reports } from "./store/reports.ts";
import { Roster, type Standing } from "./store/roster.ts";
import { Spool } from "./store/spool.ts";
import { Store } from "./store/store.ts";
import { KeptStorms } from "./store/storms.ts";
import { type HeldToken, hashOf, Tokens } from "./store/tokens.ts";
import { takeUp } from "./take-up.ts";
import { Archive } from "./transcripts/archive.ts";
import { cutRecords, owedRecord, summaryRecord, usageRecord } from "./usage.ts";
import { VersDesk } from "./vers.ts";

export interface HostOptions {
	readonly world: World;
	readonly home: Home;
	readonly version: string;
	readonly settings: Settings;
	/** Everything that the hub can be asked: what was kept for it is sent by these. */
	readonly operations: readonly AnyOperation[];
	/** Where this package is: its extensions are loaded into every lieutenant. */
	readonly packageFolder: string;
	complain(what: string): void;
	/** The account of the Vers platform, looked up at each use; throws `vers_no_key`. Absent: there is none. */
	readonly vers?: () => VersAccount;
	/** The ways to other machines. Absent: there are none. */
	readonly carry?: Carry;
	/** Given for memory alone, by whoever started this host's loop. */
	readonly keys?: Readonly<Record<string, string>>;
	/** For the simulation: another place than this machine, another way to the hub. */
	readonly place?: Place;
	readonly http?: ConstructorParameters<typeof Access>[0]["http"];
}

export const TICK_MS = 5_000;
/** ms that a hub may take to appear before it counts as away. */
const HUB_WITHIN_MS = 5_000;

/** A host at work. */
export class Host {
	readonly options: HostOptions;
	readonly store: Store;
	readonly roster: Roster;
	readonly outbox: Outbox;
	readonly inbox: Inbox;
	readonly spool: Spool;
	readonly tokens: Tokens;
	readonly names: Names;
	readonly launches: Launches;
	readonly place: Place;
	readonly newId: () => string;
	readonly bounds: BoundSettings;
	readonly checks: Checks;
	readonly liveness: LivenessSettings;
	readonly ralph: Ralph;
	readonly disk: DiskGuard;
	readonly purse: Purse;
	readonly news: News;
	readonly skills: SkillSync;
	readonly machines: Machines;
	readonly vers: VersDesk;
	readonly vms: OwnVms;
	readonly moves: Moves;
	readonly id: string;
	readonly lieutenants = new Map<string, Lieutenant>();
	readonly #start: string;
	readonly #reports: Reports;
	readonly #storms: Storms;
	readonly #sessions: Sessions;
	readonly #access: Access;
	readonly #link: Link;
	readonly #drain: Drain;
	readonly #employer: Employer;
	readonly #archive: Archive;
	#listener: Listener | undefined;
	#tick: Timer | undefined;

	constructor(options: HostOptions) {
		this.options = { ...options, world: sheltered(options.world, options.complain) };
		const { world, home, version } = this.options;
		const file = `${home.host}/host.db`;
		this.store = new Store(world.files.database(file), file);
		this.newId = idMaker(world, this.store);
		this.#start = this.newId();
		this.id = this.#identity();
		this.roster = new Roster(this.store);
		this.outbox = new Outbox(this.store);
		this.inbox = new Inbox(this.store);
		this.spool = new Spool(this.store);
		this.tokens = new Tokens(world, this.store);
		this.names = new Names(world, this.store);
		this.launches = new Launches(world.files, home);
		this.launches.give(options.keys ?? {});
		this.place =
			options.place ??
			new LocalPlace({ world, home, socket: socketPath(home, "host"), packageFolder: options.packageFolder });
		this.#reports = new Reports(this.store);
		this.ralph = new Ralph(this);
		this.moves = new Moves(this);
		this.vers = new VersDesk({
			...{ world, account: options.vers, host: this.id, store: this.store, newId: this.newId },
			secrets: secretsIn(options.settings.env),
			keep: (operation, input, key) => void this.keep("host", operation, input, key),
			hub: () => this.#hubAsHost(),
			complain: options.complain,
		});
		this.vms = new OwnVms({
			...{ world, store: this.store, vers: this.vers, values: options.settings.values, run: home.run },
			...{ newId: this.newId, complain: options.complain, account: () => this.vers.account() },
			lived: (place) => this.machines.lived(place) || this.moves.heads(place),
			keep: (author, operation, input, key) => void this.keep(author, operation, input, key),
		});
		const bounds = boundSettings(options.settings.values);
		const liveness = livenessSettings(options.settings.values);
		const fleet = () => [...this.lieutenants.values()];
		this.#storms = new Storms({ world, settings: liveness.settings, fleet, kept: new KeptStorms(this.store) });
		this.disk = new DiskGuard({
			files: world.files,
			settings: liveness.settings,
			home: home.root,
			fleet,
		});
		this.bounds = bounds.settings;
		this.liveness = liveness.settings;
		this.checks = new Checks({
			...{ world, store: this.store, host: this.id, seconds: this.bounds.checkSeconds, notes: `${home.host}/checks` },
			leftover: (command) =>
				options.complain(`a check that an earlier host began still ran, and was ended: ${command}`),
			evidence: (task, result) =>
				void this.keep("host", "board.prove", { id: task, ...result }, `check ${task} ${result.tree} ${result.at}`),
		});
		const { problems } = machineSettings(options.settings.values);
		for (const problem of [...bounds.problems, ...liveness.problems, ...problems])
			options.complain(`settings.json: ${problem}`);
		const outages = new Outages({
			...{ store: this.store, clock: world.clock, newId: this.newId },
			mask: masker(secretsIn(options.settings.env)),
			keep: (operation, input, key) => void this.keep("host", operation, input, key),
		});
		this.machines = new Machines({
			...{ world, version, host: this.id, kept: new KeptMachines(this.store), complain: options.complain },
			settings: options.settings,
			carry: options.carry ?? noWay,
			around: { launch: () => this.launches.latest(), platform: () => this.vers.platform() },
			gone: (rows, why) => machineGone(this, rows, why),
			left: (place) => this.vms.left(place),
			hub: () => this.#access.url,
			letIn: (host, hash) => this.#access.letIn(host, hash),
			changed: (rows) => {
				this.#quietly(() => outages.seen(rows));
				this.news.later(() => this.#sessions.changed(rows));
			},
			notice: (notice) => {
				this.inbox.add(notice);
				this.news.later(() => this.#sessions.deliver(notice.owner));
			},
		});
		const route: Route = (operation, call) => this.machines.route(operation, call);
		const calls = new Calls(handlersOf(this), new Answers(this.store), () => world.clock.now(), route);
		this.#access = new Access({
			world,
			version,
			tokens: this.tokens,
			hostId: this.id,
			find: () => findHub(world, home, options.settings, this.store.meta("hub")),
			...(options.http === undefined ? {} : { http: options.http }),
		});
		const complain = options.complain;
		this.#drain = new Drain({
			world,
			spool: this.spool,
			tokens: this.tokens,
			access: this.#access,
			operations: new Map(options.operations.map((operation) => [operation.name, operation])),
			complain,
		});
		this.skills = new SkillSync({ world, home: home.root, hub: () => this.#hubAsHost(), complain });
		this.#link = new Link({
			world,
			version,
			hostId: this.id,
			start: this.#start,
			access: this.#access,
			store: this.store,
			reports: this.#reports,
			calls,
			linked: () => {
				void this.#access.introduceRest().then(
					() => this.#drain.begin(),
					(thrown) => complain(`not all tokens are known to the hub: ${String(thrown)}`),
				);
				this.#drain.begin();
				this.skills.nudge();
				this.machines.hubMoved();
			},
			skillsChanged: () => this.skills.nudge(),
			complain,
		});
		this.#sessions = new Sessions({
			world,
			host: this.id,
			version,
			calls,
			names: this.names,
			credentials: (name) => this.#credentials(name),
			pack: (lieutenant, token) =>
				this.tokens.proves(`lieutenant:${lieutenant}`, token)
					? this.lieutenants.get(lieutenant)?.standing.spec.name
					: undefined,
			lieutenants: () => [...this.rows(), ...this.machines.rows()],
			madeFor: (host, rows) => rows.filter(({ id }) => this.#asked(id) === host),
			unreadOf: (host) => this.inbox.unacknowledged().filter(({ lieutenant }) => this.#asked(lieutenant.id) === host),
			tokenHash: () => hashOf(this.#access.own().token),
			learnHub: (url) => this.#learnHub(url),
			learnKeys: (keys) => {
				this.launches.give(keys);
				for (const lieutenant of this.lieutenants.values()) this.#quietly(() => lieutenant.keysGiven());
			},
			unread: (owner, session) => this.inbox.unread(owner, session),
			handed: (id, session) => this.inbox.handed(id, session),
			acknowledge: (owner, ids) => this.inbox.acknowledge(owner, ids),
			budget: (owner) => this.purse.budget(owner),
		});
		this.purse = this.#makePurse();
		this.news = new News({
			clock: world.clock,
			inbox: this.inbox,
			outbox: this.outbox,
			reports: this.#reports,
			newId: this.newId,
			deliver: (owner) => this.#sessions.deliver(owner),
			changed: (rows) => this.#sessions.changed(rows),
			tell: () => this.#link.tell(),
		});
		this.#archive = new Archive({
			store: this.store,
			secrets: (id) => this.#secrets(id),
			keep: (input, key) => void this.keep("host", "transcripts.append", input, key),
		});
		this.#employer = new Employer({
			files: world.files,
			settings: options.settings,
			tokens: this.tokens,
			launches: this.launches,
			told: () => this.store.meta("hub"),
			ceiling: (id) => this.purse.ceiling(id),
		});
	}

	/** Brings back the lieutenants, then answers. */
	async begin(): Promise<string> {
		const { world, home } = this.options;
		for (const standing of this.roster.list()) this.employ(standing);
		for (const lieutenant of this.lieutenants.values()) {
			void lieutenant.begin().catch((thrown) => this.options.complain(String(thrown)));
		}
		this.#finishDestroying();
		this.ralph.begin();
		const wake = new Wake(world.clock);
		this.#tick = world.clock.every(TICK_MS, () => {
			this.#awake(wake);
			for (const lieutenant of this.lieutenants.values()) this.#quietly(() => lieutenant.tick());
			this.disk.tick();
			this.#quietly(() => this.purse.tick());
		});
		this.#listener = await world.sockets.listen(socketPath(home, "host"), (connection) =>
			this.#sessions.accept(connection),
		);
		this.#link.begin();
		this.#drain.begin();
		this.machines.begin();
		this.vers.begin();
		this.vms.begin();
		takeUp(this);
		return this.#listener.address;
	}

	/** Silence, leases and minutes of a sleep are nobody's fault. */
	#awake(wake: Wake): void {
		const gap = wake.look(TICK_MS);
		if (gap === undefined) return;
		this.names.woke();
		for (const lieutenant of this.lieutenants.values()) this.#quietly(() => lieutenant.woke(gap.slept));
	}

	/** Those whose end an earlier host had noted and not brought to its own end: their tokens are still in use. */
	#finishDestroying(): void {
		const gone = this.roster.list(true).filter((standing) => standing.state === "gone");
		for (const standing of gone.filter(({ spec }) => this.tokens.inUse(`lieutenant:${spec.id}`))) {
			const lieutenant = new Lieutenant(this.#quarters(), standing);
			void lieutenant
				.begin()
				.then(() => lieutenant.destroy())
				.then(() => this.dismiss(standing.spec.id))
				.catch((thrown) => this.options.complain(String(thrown)));
		}
	}

	/** Lets go of everything in order; agents and their messages stay as they are. */
	async close(): Promise<void> {
		this.#tick?.cancel();
		this.#storms.close();
		this.purse.close();
		this.skills.close();
		this.machines.close();
		this.#link.close();
		this.#drain.close();
		this.#sessions.close();
		await this.#listener?.close();
		this.ralph.close();
		for (const lieutenant of this.lieutenants.values()) lieutenant.detach();
		this.vers.close();
		this.#access.close();
		this.store.close();
	}

	/** Nobody needs this host: no session is connected and no lieutenant lives here. */
	idle(): boolean {
		const living = [...this.lieutenants.values()].some((lieutenant) => shouldRun(lieutenant.standing.state));
		const needed = living || this.ralph.busy || this.machines.busy;
		const told = this.spool.waiting(this.options.world.clock.now()) === 0 && this.purse.quiet;
		return this.#sessions.count === 0 && !needed && told;
	}

	/** Takes a stored lieutenant into service. */
	employ(standing: Standing): Lieutenant {
		const lieutenant = new Lieutenant(this.#quarters(), standing);
		this.lieutenants.set(standing.spec.id, lieutenant);
		this.#storms.join(lieutenant);
		return lieutenant;
	}

	rows(): readonly Row[] {
		return [...this.lieutenants.values()].map((lieutenant) => lieutenant.view());
	}

	/** Keeps a record for the hub and sends it when it can. */
	keep(author: string, operation: string, input: unknown, key: string): number {
		const waiting = this.spool.add({ author, operation, key, input, at: this.options.world.clock.now() });
		this.news.later(() => this.#drain.begin());
		return waiting;
	}

	/** The token is on its way to the hub; what its holder records meanwhile waits with it. */
	introduce(subject: string): void {
		const held = this.tokens.list().find((token) => token.subject === subject);
		if (held === undefined || !this.#link.linked) return;
		void this.#access
			.register(held)
			.catch((thrown) => this.options.complain(`${held.name} is not yet known to the hub: ${String(thrown)}`));
	}

	/** Resolves when the hub knows this token; throws `hub_away`. */
	async known(held: HeldToken): Promise<void> {
		await this.#link.stands(HUB_WITHIN_MS);
		await this.#access.register(held);
	}

	/** The hub, acting with this token. */
	hubAs(held: HeldToken): Client {
		return this.#access.as(held);
	}

	/** Throws `hub_away` when none is known. */
	async #hubAsHost(): Promise<Client> {
		await this.#access.introduced();
		return this.hubAs(this.#access.own());
	}

	/** Throws `lieutenant_unknown` for one that is not in service. */
	living(id: string): Lieutenant {
		const found = this.lieutenants.get(id);
		if (found === undefined) throw fault("lieutenant_unknown", id, []);
		return found;
	}

	/** One that is gone: its row and its transcript stay, its keys do not. */
	dismiss(id: string): void {
		this.lieutenants.delete(id);
		this.tokens.end(`lieutenant:${id}`);
		this.launches.forget(id);
		this.#drain.begin();
	}

	/** Another name takes it over, with what was not read about it. */
	adopt(lieutenant: Lieutenant, owner: string): void {
		this.store.transaction(() => {
			lieutenant.adopt(owner);
			this.inbox.move(lieutenant.standing.spec.id, owner);
		});
		this.news.later(() => this.#sessions.deliver(owner));
	}

	/** One elsewhere has another owner: what was not read about it goes along. */
	handOver(lieutenant: string, owner: string): void {
		this.inbox.move(lieutenant, owner);
		this.news.later(() => this.#sessions.deliver(owner));
	}

	/** The host of another machine that asked for this lieutenant. */
	#asked(id: string): string | undefined {
		return (this.lieutenants.get(id)?.standing ?? this.roster.get(id))?.spec.from?.host;
	}

	/** Kept: a host that starts again has its hub before anybody tells it anew. */
	#learnHub(url: string): void {
		if (this.store.meta("hub") === url) return;
		this.store.setMeta("hub", url);
		this.#link.begin();
	}

	/** Where a throw would end this process: on a full disk the records of one must not take the whole host down. */
	#quietly(run: () => void): void {
		try {
			run();
		} catch (thrown) {
			this.options.complain(reason(thrown));
		}
	}

	isoNow(): string {
		return new Date(this.options.world.clock.now()).toISOString();
	}

	#identity(): string {
		const known = this.store.meta("host");
		if (known !== undefined) return known;
		const id = this.newId();
		this.store.setMeta("host", id);
		return id;
	}

	#credentials(name: string): { token: string; hub: string | null } {
		const subject = `orchestrator:${name}`;
		const held = this.tokens.of(subject, "orchestrator", name);
		if (held.fresh) this.introduce(subject);
		return { token: held.token, hub: this.#access.url };
	}

	#makePurse(): Purse {
		const { world, settings, home, complain } = this.options;
		return new Purse({
			world,
			store: this.store,
			settings: budgetSettings(settings.values, settingsFile(home)),
			step: this.bounds.usd,
			hub: () => this.hubAs(this.#access.own()),
			linked: () => this.#link.linked,
			reachable: () => this.#access.url !== null,
			stands: (ms) => this.#link.stands(ms),
			standing: (id) => this.lieutenants.get(id)?.standing,
			living: () => [...this.lieutenants.values()].map(({ standing }) => standing),
			costUsd: (id) => (this.lieutenants.get(id)?.standing ?? this.roster.get(id))?.costUsd,
			ration: (id) => this.lieutenants.get(id)?.ration(),
			stop: (id, limit) => this.lieutenants.get(id)?.exceed(limit),
			warn: (standing, text) => this.news.of(standing, "budget", text),
			show: (fleet) => this.#sessions.paid(fleet),
			complain,
		});
	}

	#quarters(): Quarters {
		const { world, complain } = this.options;
		return {
			world,
			store: this.store,
			outbox: this.outbox,
			place: this.place,
			hostId: this.id,
			start: this.#start,
			newId: this.newId,
			employment: (standing) => this.#employer.employment(standing),
			missing: ({ spec }) => this.launches.missing(spec.id),
			save: (standing) => this.#save(standing),
			notify: (standing, type, text, cause) => this.news.of(standing, type, text, cause),
			receipt: (id) => this.news.receipt(id),
			said: (standing, look) => this.#archive.add(standing, look),
			used: (standing, look, death) => this.#used(standing, look, death),
			owed: (standing, look) => this.#owed(standing, look),
			summaryCut: (standing, look) => {
				const { input, key } = summaryRecord(standing, look, this.isoNow());
				this.keep(`lieutenant:${standing.spec.id}`, "usage.estimate", input, key);
			},
			bounds: this.bounds,
			liveness: this.liveness,
			evidence: this.#employer.workLog === "off" ? "tools" : "changes",
			check: (standing, bound, look) => verdictOf(this, standing, bound, look),
			spent: (standing) => this.purse.spent(standing),
			ceiling: (id) => this.purse.ceiling(id),
			keep: ({ spec }, { operation, input, key }) => void this.keep(`lieutenant:${spec.id}`, operation, input, key),
			refused: (id, final) => {
				const sender = this.lieutenants.get(id);
				if (sender !== undefined) this.#storms.refused(sender, final);
			},
			complain,
		};
	}

	#save(standing: Standing): void {
		this.roster.save(standing);
		this.purse.saved(standing);
		const row = this.lieutenants.get(standing.spec.id)?.view();
		if (row === undefined) return;
		this.news.row(row);
		const { loop } = standing.spec;
		if (loop !== undefined) this.news.later(() => this.ralph.look(loop.id));
	}

	/** What a session used is recorded by the host, from the file: so the tokens of a killed agent count as well. */
	#used(standing: Standing, look: Look, death?: Death): void {
		const author = `lieutenant:${standing.spec.id}`;
		const record = usageRecord(standing, look);
		if (record !== undefined) this.keep(author, "usage.session", record.input, record.key);
		for (const { input, key } of cutRecords(standing, look, death)) this.keep(author, "usage.estimate", input, key);
		this.#archive.add(standing, look);
	}

	/** What a session may have seen of this host's: its tokens, the hub's, and the keys that it was started with. */
	#secrets(id: string): readonly Secret[] {
		const { world, home, settings } = this.options;
		const authority = findHub(world, home, settings, undefined)?.authority;
		return [
			...this.tokens.list().map(({ name, token }) => ({ name: `token of ${name}`, value: token })),
			...(authority === undefined ? [] : [{ name: "token of the hub", value: authority }]),
			...secretsIn({ ...settings.env, ...this.launches.environment(id) }),
		];
	}

	/** It will not log any more: what it left unlogged is written for it. */
	#owed(standing: Standing, look: Look): void {
		const record = this.#employer.workLog === "enforce" ? owedRecord(look) : undefined;
		if (record !== undefined) this.keep(`lieutenant:${standing.spec.id}`, "log.append", record.input, record.key);
	}
}

/** The host of a home; resolves once it answers. */
export async function startHost(
	options: HostOptions,
): Promise<{ readonly address: string; close(): Promise<void>; idle(): boolean }> {
	const host = new Host(options);
	const address = await host.begin();
	return { address, close: () => host.close(), idle: () => host.idle() };
}
