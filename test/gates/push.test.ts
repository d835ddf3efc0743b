import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { judgePush, type PushPolicy, parsePolicy, pushedRefs, pushPolicy } from "../../src/gates/push.ts";
import { pushSpelling } from "../../src/gates/push-spelling.ts";
import { GATE_DEFAULTS } from "../../src/gates/settings.ts";

const policy: PushPolicy = pushPolicy(GATE_DEFAULTS, "ada");
const push = (refs: readonly string[], head?: string) => ({ remote: "origin", refs, head });

describe("a push is judged by the refs that would change", () => {
	it.each([
		[["refs/heads/main"], undefined, ["main"]],
		[["refs/heads/lt/ada", "refs/heads/master"], undefined, ["master"]],
		[["refs/heads/trunk"], "trunk", ["trunk"]],
	])("%j with HEAD %s is refused", (refs, head, branches) => {
		expect(judgePush(push(refs, head), policy)).toMatchObject({ type: "refused", branches });
	});

	it.each([[["refs/heads/lt/ada"]], [["refs/heads/feature/main"]], [["refs/tags/main"]], [[]]])("%j passes", (refs) => {
		expect(judgePush(push(refs, "trunk"), policy)).toEqual({ type: "pass" });
	});

	it("a grant, a warning and off let it pass, and say so", () => {
		const main = push(["refs/heads/main"]);
		expect(judgePush(main, { ...policy, granted: true }).type).toBe("granted");
		expect(judgePush(main, { ...policy, mode: "warn" }).type).toBe("warned");
		expect(judgePush(main, { ...policy, mode: "off" }).type).toBe("pass");
	});

	it("never shows the password of an address", () => {
		const verdict = judgePush({ ...push(["refs/heads/main"]), remote: "https://me:secret@host/x.git" }, policy);
		expect(JSON.stringify(verdict)).not.toContain("secret");
	});

	it("reads what git writes, and no policy out of anything else", () => {
		const zeros = "0".repeat(40);
		expect(pushedRefs(`HEAD ${zeros} refs/heads/main ${zeros}\n(delete) ${zeros} refs/heads/x ${zeros}\n`)).toEqual([
			"refs/heads/main",
			"refs/heads/x",
		]);
		expect(pushedRefs("\n")).toEqual([]);
		expect(parsePolicy(JSON.stringify(policy))).toEqual(policy);
		fc.assert(fc.property(fc.string(), (text) => parsePolicy(text) === undefined));
		fc.assert(fc.property(fc.jsonValue(), (value) => parsePolicy(JSON.stringify(value)) === undefined));
	});
});

describe("a push as it is spelled", () => {
	const branches = ["main", "master"];
	test.each([
		"git push --no-verify",
		"git push --no-veri origin HEAD:lt/x",
		"git -C .. push origin lt/x --no-verify",
		"cd /x && git push -q --no-verify; true",
		"git -c core.hooksPath=/dev/null push",
		"git -c CORE.HOOKSPATH= push origin x",
		"git -c include.path=x.cfg push",
		"git --config-env=core.hooksPath=HOME push",
		"git --config-env core.hooksPath=HOME push",
		"git -c alias.p='push --no-verify' p",
		"git -c alias.p='!git push --no-verify' p",
		"git config alias.p 'push --no-verify'",
		"GIT_CONFIG_COUNT=0 git push",
		"env -u GIT_CONFIG_COUNT git push",
		"env -i PATH=$PATH git push",
		"unset GIT_CONFIG_KEY_0; git push",
		"export GIT_CONFIG_PARAMETERS=x; git push",
		"bash -c 'git push --no-verify'",
		"sh -c \"sh -c 'git push --no-verify'\"",
		"echo $(git push --no-verify)",
		"eval 'git push --no-verify origin main'",
		"case x in x) git push --no-verify;; esac",
		"f=--no-verify; git push $f origin main",
		"/usr/bin/git push --no-verify",
		"git send-pack ../remote main",
		"git-send-pack ../remote main",
		"xargs git push --no-verify",
		"timeout 5 git push --no-verify",
	])("%s goes around", (command) => {
		expect(pushSpelling(command, branches)).toMatchObject({ type: "around" });
	});

	test.each([
		"git push origin main",
		"git push origin HEAD:main",
		"git push origin HEAD:refs/heads/main",
		"git push -u origin +x:master",
		"git push origin :main",
		"git -C sub push -o ci.skip origin lt/x main",
		"git add . && git commit -m x && git push origin main",
	])("%s names a protected branch", (command) => {
		expect(pushSpelling(command, branches)).toMatchObject({ type: "protected" });
	});

	test.each([
		"git push",
		"git push origin HEAD:lt/ada",
		"git push -u origin lt/main",
		'git push origin "$(git branch --show-current)"',
		"git commit -m 'explain git push --no-verify'",
		"git log main",
		"git checkout main",
		"npm test",
		"git config --get core.hooksPath",
		"env -i node x.js",
	])("%s passes to the hook", (command) => {
		expect(pushSpelling(command, branches)).toBeUndefined();
	});
});
