import { describe, expect, it } from "vitest";
import { deployCommand, deployRefusal } from "../../src/gates/deploy.ts";

const COMMANDS = ["deploy.sh", "npm run deploy", "/opt/ship"];

describe("a command that deploys", () => {
	it.each([
		["deploy.sh", "deploy.sh"],
		["./deploy.sh --all", "deploy.sh"],
		["scripts/deploy.sh prod", "deploy.sh"],
		["cd app && ./deploy.sh", "deploy.sh"],
		["bash -x ./deploy.sh", "deploy.sh"],
		["sudo -u bob deploy.sh", "deploy.sh"],
		["sudo -n env A=1 deploy.sh", "deploy.sh"],
		["A=1 B=2 timeout -k 5 30s deploy.sh", "deploy.sh"],
		["sh -c 'cd app; npm  run  deploy'", "npm run deploy"],
		["ssh prod \"sh -c './deploy.sh'\"", "deploy.sh"],
		["npm run deploy -- --prod", "npm run deploy"],
		["true; (npm run deploy &)", "npm run deploy"],
		["echo $(./deploy.sh)", "deploy.sh"],
		["/opt/ship now", "/opt/ship"],
		["eval \"$X\"; './dep'loy.sh", "deploy.sh"],
	])("%s", (command, found) => expect(deployCommand(command, COMMANDS)).toBe(found));

	it.each([
		["cat deploy.sh"],
		["git add deploy.sh"],
		["npm run deploy-docs"],
		["npm run"],
		["ship now"],
		['git commit -m "deploy.sh is mended"'],
		["vim redeploy.sh"],
		["./redeploy.sh"],
		["flagship deploy ssh:box"],
		[""],
	])("not %j", (command) => expect(deployCommand(command, COMMANDS)).toBeUndefined());

	it("is none where none is named", () => {
		expect(deployCommand("deploy.sh", [])).toBeUndefined();
		expect(deployCommand("deploy.sh", ["", "  "])).toBeUndefined();
	});
});

describe("what a deploy wants", () => {
	const now = Date.parse("2026-01-01T12:00:00.000Z");
	const rule = { now, minutes: 60 };
	const made = (at: string) => ({ what: "backup", at }) as const;

	it("a young backup or snapshot, to the minute", () => {
		expect(deployRefusal("x", made("2026-01-01T11:00:00.000Z"), rule)).toBeUndefined();
		expect(deployRefusal("x", { what: "snapshot", at: "2026-01-01T11:59:00.000Z" }, rule)).toBeUndefined();
		// The hub's clock may be ahead of this one.
		expect(deployRefusal("x", made("2026-01-01T12:00:05.000Z"), rule)).toBeUndefined();
		expect(deployRefusal("x", made("2026-01-01T10:59:59.000Z"), rule)).toContain("the newest backup is 60 minutes old");
	});

	it("else it is refused with what to do; what is not known counts as none", () => {
		expect(deployRefusal("deploy.sh", undefined, rule)).toMatch(
			/^Not run: deploy\.sh .* there is none\. .*backups make/,
		);
		expect(deployRefusal("x", { unknown: "the hub is away." }, rule)).toContain("is not known: the hub is away. Try");
		expect(deployRefusal("x", made("no date"), rule)).toBeDefined();
	});
});
