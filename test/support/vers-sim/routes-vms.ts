/** Machines over the API: create, look, pause, commit, branch, delete. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Commits } from "./commits.ts";
import type { Strike } from "./faults.ts";
import { codes, empty, errors, json } from "./fixture.ts";
import { type Body, type Call, Refusal, type Route } from "./http.ts";
import { type OurVm, ours, type Vm, type Vms } from "./vms.ts";

function stateOf(vm: Vm, strike: Strike): string {
	const shown = strike.get("state_shown");
	if (shown !== undefined) return shown.state;
	return vm.lag !== undefined && vm.lag.until > performance.now() ? vm.lag.state : vm.state;
}

const record = (vm: Vm, strike: Strike) => ({
	vm_id: vm.id,
	owner_id: vm.owner,
	state: stateOf(vm, strike),
	created_at: vm.createdAt,
	...(vm.labels === undefined ? {} : { labels: vm.labels }),
});

/** Made of the id, so that it is the same at every look. */
const addressOf = (id: string): string => `fd00:fe11:deed:1::${id.slice(0, 4)}`;

const many = (vms: readonly Vm[]) => json(codes.created, { vms: vms.map(({ id }) => ({ vm_id: id })) });

function wantedState(body: Body): "Paused" | "Running" {
	const state = body.need("state", body.text("state"));
	if (state === "Paused" || state === "Running") return state;
	throw new Refusal(
		errors.wrongType(`state: unknown variant \`${state}\`, expected \`Paused\` or \`Running\` at line 1 column 17`),
	);
}

/** The only key of the body, or 400 with words that lead astray. */
function onlyKey(body: Body): "commit_id" | "tag_name" | "ref" {
	const keys = Object.keys(body.value);
	const [key] = keys;
	if (keys.length === 1 && (key === "commit_id" || key === "tag_name" || key === "ref")) return key;
	throw new Refusal(errors.badUnion);
}

export function vmRoutes(vms: Vms, commits: Commits, snapshots: string): readonly Route[] {
	/** One of ours, booted unless the call says not to wait. */
	const settled = async (call: Call, name = "vm_id"): Promise<OurVm> => {
		const vm = vms.get(call.param(name));
		if (!call.flag("skip_wait_boot")) await vm.ready;
		return vm;
	};
	const seen = (call: Call): Vm => {
		const vm = vms.find(call.param("vm_id"));
		if (vm === undefined) throw new Refusal(errors.notFound);
		return vm;
	};
	const fromCommit = async (call: Call, id: string) => {
		const commit = commits.get(id);
		return many(await vms.many(call.strike, call.number("count", 1, 1), commit.snapshot, { commit: id }));
	};
	const fromVm = async (call: Call, vm: OurVm) => {
		if (!call.flag("skip_wait_boot")) await vm.ready;
		return many(await vms.branch(vm, call.strike, call.number("count", 1, 1), call.flag("keep_paused")));
	};
	const newRoot = async (call: Call) => {
		const config = call.body.need("vm_config", call.body.within("vm_config"));
		for (const name of ["vcpu_count", "mem_size_mib", "fs_size_mib"]) config.number(name);
		const vm = await vms.boot(call.strike, config.map("labels"));
		if (call.flag("wait_boot")) await vm.ready;
		return json(codes.created, { vm_id: vm.id });
	};
	const fromUnion = async (call: Call) => {
		const key = onlyKey(call.body);
		const commit = commits.resolve(key, call.body.need(key, call.body.text(key)));
		const [vm] = await vms.many(call.strike, 1, commit.snapshot, { commit: commit.commit_id });
		return json(codes.created, { vm_id: vm?.id });
	};
	const commit = async (call: Call) => {
		const body = call.optionalBody;
		const vm = await settled(call);
		const id = body.text("commit_id") ?? randomUUID();
		if (commits.has(id)) throw new Refusal(errors.duplicate("commit"));
		const folder = join(snapshots, id);
		mkdirSync(dirname(folder), { recursive: true });
		const snapshot = await vms.snapshot(vm, folder, call.flag("keep_paused"));
		commits.add({ id, name: body.text("name"), description: body.text("description"), vm, snapshot });
		return json(codes.created, { commit_id: id });
	};
	const setState = async (call: Call) => {
		const wanted = wantedState(call.body);
		const vm = await settled(call);
		const before = vm.state;
		await vms.setState(vm, wanted);
		const lag = call.strike.get("state_lag");
		if (lag !== undefined) vm.lag = { state: before, until: performance.now() + lag.seconds * 1000 };
		if (call.strike.get("stale_key") !== undefined) vm.machine.rotateKey(vm.id);
		return empty(codes.state);
	};
	const resize = async (call: Call) => {
		const size = call.body.need("fs_size_mib", call.body.number("fs_size_mib"));
		(await settled(call)).machine.disk.grow(size);
		return empty(codes.disk);
	};
	const remove = async (call: Call) => {
		const vm = vms.find(call.param("vm_id"));
		if (vm === undefined || !ours(vm)) throw new Refusal(errors.deleteForbidden);
		const paused = call.strike.get("delete_paused_refused");
		if (paused !== undefined && vm.state === "paused") throw new Refusal(errors.deletePaused(paused.status ?? 500));
		if (!call.flag("skip_wait_boot")) await vm.ready;
		await vms.remove(vm, call.strike.get("delete_fails"));
		return json(codes.deletedVm, { vm_id: vm.id });
	};
	const key = (call: Call) => {
		const { machine, id } = vms.get(call.param("vm_id"));
		const answer = json(200, { ssh_port: 22, ssh_private_key: machine.userKey.private });
		// What was just given is old at once; the next one holds.
		if (call.strike.get("stale_key") !== undefined) machine.rotateKey(id);
		return answer;
	};
	const metadata = (call: Call) => {
		const vm = seen(call);
		return json(200, {
			vm_id: vm.id,
			owner_id: vm.owner,
			state: stateOf(vm, call.strike),
			ip: addressOf(vm.id),
			parent_commit_id: vm.parentCommit,
			grandparent_vm_id: vm.grandparent,
			created_at: vm.createdAt,
			deleted_at: null,
		});
	};
	/** Of a machine or of a commit; of neither it says that there is no such commit. */
	const branchEither = (call: Call) => {
		const id = call.param("vm_or_commit_id");
		const vm = vms.find(id);
		return vm !== undefined && ours(vm) ? fromVm(call, vm) : fromCommit(call, id);
	};
	const branchVm = (call: Call) => {
		const vm = vms.find(call.param("vm_id"));
		if (vm === undefined || !ours(vm)) throw new Refusal(errors.branchVmNotFound);
		return fromVm(call, vm);
	};
	const branchRef = (call: Call) => {
		const found = commits.findRef(`${call.param("repo")}:${call.param("tag")}`);
		if (found === undefined) throw new Refusal(errors.branchRefNotFound);
		return fromCommit(call, found);
	};
	return [
		{
			method: "GET",
			path: "/vms",
			op: "list",
			run: (call) =>
				json(
					200,
					vms.all.map((vm) => record(vm, call.strike)),
				),
		},
		{ method: "POST", path: "/vm/new_root", op: "new_root", run: newRoot },
		{ method: "POST", path: "/vm/from_commit", op: "from_commit", run: fromUnion },
		{ method: "POST", path: "/vm/branch/by_vm/:vm_id", op: "branch", run: branchVm },
		{
			method: "POST",
			path: "/vm/branch/by_commit/:commit_id",
			op: "branch",
			run: (call) => fromCommit(call, call.param("commit_id")),
		},
		{
			method: "POST",
			path: "/vm/branch/by_tag/:tag",
			op: "branch",
			run: (call) => fromCommit(call, commits.resolve("tag_name", call.param("tag")).commit_id),
		},
		{ method: "POST", path: "/vm/branch/by_ref/:repo/:tag", op: "branch", run: branchRef },
		{ method: "POST", path: "/vm/:vm_or_commit_id/branch", op: "branch", run: branchEither },
		{
			method: "GET",
			path: "/vm/:vm_id/status",
			op: "status",
			run: (call) => json(200, record(seen(call), call.strike)),
		},
		{ method: "GET", path: "/vm/:vm_id/metadata", op: "metadata", run: metadata },
		{ method: "PATCH", path: "/vm/:vm_id/state", op: "state", run: setState },
		{ method: "PATCH", path: "/vm/:vm_id/disk", op: "disk", run: resize },
		{ method: "POST", path: "/vm/:vm_id/commit", op: "commit", run: commit },
		{ method: "GET", path: "/vm/:vm_id/ssh_key", op: "ssh_key", run: key },
		{ method: "DELETE", path: "/vm/:vm_id", op: "delete", run: remove },
	];
}
