import { expect, test } from "vitest";
import { addressOf } from "../../../src/host/machines/address.ts";

test.each([
	["ssh:box", { type: "ssh", destination: "box" }],
	["ssh:root@10.0.0.7", { type: "ssh", destination: "root@10.0.0.7" }],
	["ssh:a.b-c@build.example.org:2222", { type: "ssh", destination: "a.b-c@build.example.org", port: 2222 }],
])("%s is a machine", (place, address) => {
	expect(addressOf(place)).toEqual(address);
});

test.each([
	...["", "ssh:", "box", "vers:", "ssh:-oProxyCommand=id", "ssh:root@-oProxyCommand=id", "ssh:-l@box", "ssh:a b"],
	...["ssh:box;id", "ssh:$(id)", "ssh:`id`", "ssh:box:0", "ssh:box:65536", "ssh:box:22x", "ssh:box\n-v", "ssh:@box"],
	...["ssh:box'", 'ssh:"box"', "ssh:box:22:23", "ssh://box", `ssh:${"x".repeat(400)}`],
])("%j is none, and is refused by name", (place) => {
	expect(() => addressOf(place)).toThrow(/^place: /);
});
