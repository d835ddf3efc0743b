import { expect, test } from "vitest";
import { vmSettings } from "../../../src/host/machines/vm-settings.ts";

const USUAL = {
	...{ golden: undefined, domain: undefined, connect: undefined, authority: undefined },
	size: { vcpus: 2, memoryMib: 4_096, diskMib: 8_192 },
};

test("nothing said is the platform's own names and an empty VM of a usual size", () => {
	expect(vmSettings({})).toEqual({ settings: USUAL, problems: [] });
});

test("what is said holds", () => {
	const others = { domain: "vm.example.org", connect: "127.0.0.1:444", authority: "/etc/ca.pem" };
	const said = { ...others, golden: "base:1", vcpus: 4, memoryMib: 512, diskMib: 1_024 };
	expect(vmSettings({ vms: said })).toEqual({
		settings: { ...others, golden: "base:1", size: { vcpus: 4, memoryMib: 512, diskMib: 1_024 } },
		problems: [],
	});
});

test.each([
	[7, "vms must be an object"],
	[{ golden: "a b" }, "vms.golden cannot be 'a b'"],
	[{ domain: "x;y" }, "vms.domain cannot be 'x;y'"],
	[{ connect: "host" }, "vms.connect cannot be 'host'"],
	[{ authority: "/a b" }, "vms.authority cannot be '/a b'"],
	[{ vcpus: 0 }, "vms.vcpus must be a whole number from 1 to 64"],
	[{ other: 1 }, "vms.other is not known"],
])("%j counts as not said, and is named", (vms, problem) => {
	expect(vmSettings({ vms })).toEqual({ settings: USUAL, problems: [problem] });
});
