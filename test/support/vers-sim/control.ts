/** The simulator's own list of machines, and its faults, for those who run beside it: `/sim/…`, never struck by a fault. */
import { FAULTS, type Fault, type When } from "./faults.ts";
import { empty, errors, json } from "./fixture.ts";
import { type Call, Refusal, type Route } from "./http.ts";
import type { VersSim } from "./sim.ts";
import { ours, type Vm } from "./vms.ts";

const machine = (sim: VersSim, vm: Vm) => ({
	vm_id: vm.id,
	state: vm.state,
	parent_commit_id: vm.parentCommit,
	labels: vm.labels ?? {},
	links: sim.links(vm.id),
	clock: vm.machine?.clock.kind,
	skew: vm.machine?.clock.skew,
	disk: vm.machine?.disk.kind,
});

const isFault = (value: Readonly<Record<string, unknown>>): value is Fault & Readonly<Record<string, unknown>> =>
	typeof value.type === "string" && Object.hasOwn(FAULTS, value.type);

const isWhen = (value: Readonly<Record<string, unknown>>): value is When & Readonly<Record<string, unknown>> =>
	Object.keys(value).every((name) => ["op", "vm", "skip", "times", "chance"].includes(name));

export function controlRoutes(sim: VersSim): readonly Route[] {
	const { vms, faults } = sim;
	const list = () =>
		json(200, {
			seed: faults.seed,
			slots: vms.usedSlots,
			machines: vms.all.filter(ours).map((vm) => machine(sim, vm)),
			leaked: vms.leaked.map(({ id }) => id),
			faults: faults.rules,
			fired: faults.fired,
		});
	const add = ({ body }: Call) => {
		const fault = body.need("fault", body.within("fault")).value;
		const when = body.within("when")?.value ?? {};
		if (!isFault(fault) || !isWhen(when))
			throw new Refusal(
				errors.invalid(`faults are: ${Object.keys(FAULTS).join(", ")}; when: op, vm, skip, times, chance`),
			);
		return json(201, { rule: faults.add(fault, when) });
	};
	const clear = () => {
		faults.clear();
		return empty(204);
	};
	const cut = ({ body }: Call) => {
		const how = body.text("how") ?? "reset";
		if (how !== "reset" && how !== "close" && how !== "silent")
			throw new Refusal(errors.invalid("how is reset, close or silent"));
		return json(200, { cut: sim.cutLinks(how, body.text("vm")) });
	};
	return [
		{ method: "GET", path: "/sim/machines", op: "sim_machines", run: list },
		{ method: "POST", path: "/sim/faults", op: "sim_fault", run: add },
		{ method: "DELETE", path: "/sim/faults", op: "sim_clear", run: clear },
		{ method: "POST", path: "/sim/cut", op: "sim_cut", run: cut },
		{
			method: "POST",
			path: "/sim/reclaim",
			op: "sim_reclaim",
			run: async () => json(200, { slots: await vms.reclaim() }),
		},
	];
}
