/** Pushes to main from a lieutenant, through the shipped package in real pi, with real git. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeEachPi } from "../support/pi.ts";
import { bash, fleetStage, say } from "./fleet-stage.ts";

const commit = bash("echo b > b.txt && git add -A && git commit -q -m second");

await describeEachPi("no push to main from a lieutenant", (pi) => {
	test("in any spelling: main stays, its own branch goes, and the feed tells each refusal", async () => {
		const on = await fleetStage(pi, {});
		on.write("push.sh", "git push -q origin HEAD:main\n");
		on.git("add", "-A");
		on.git("commit", "-q", "-m", "a script");
		on.git("push", "-q", "origin", "main");
		const tries = [
			"git push origin HEAD:main",
			"git push origin lt/ada:refs/heads/main",
			"git push --no-verify origin HEAD:main",
			"git -c core.hooksPath=/dev/null push origin HEAD:main",
			"env -u GIT_CONFIG_COUNT git push origin HEAD:main",
			"sh push.sh",
			"B=main; git push origin HEAD:$B",
			"git update-ref refs/heads/main HEAD && git push --all origin",
			"git push --mirror origin",
			"git -c alias.p='push origin HEAD:main' p",
			"git config alias.q 'push origin HEAD:main'; git q",
			`git push ${on.remote} HEAD:main`,
			"git config core.hooksPath /dev/null; git push origin HEAD:ma''in",
			"node -e \"require('child_process').execFileSync('git', ['push', 'origin', 'HEAD:main'])\"",
		];
		await on.run({ ada: [commit, ...tries.map(bash), bash("git push origin HEAD:lt/ada"), say("done")] });
		expect(on.remoteSubject("main")).toBe("a script");
		expect(on.remoteSubject("lt/ada")).toBe("second");
		const refusals = on.answers("ada").filter((text) => /Not pushed: |Not run: /.test(text));
		expect(refusals).toHaveLength(tries.length);
		expect(on.events("pushToMain").map((event) => [event.agent, event.metadata.verdict])).toEqual(
			tries.map(() => ["ada", "refused"]),
		);
	});

	test("the branch that the remote's HEAD names is protected, under any name", async () => {
		const on = await fleetStage(pi, {});
		on.git("push", "-q", "origin", "main:trunk");
		execFileSync("git", ["-C", on.remote, "symbolic-ref", "HEAD", "refs/heads/trunk"]);
		await on.run({ ada: [commit, bash("git push origin HEAD:trunk"), say("done")] });
		expect(on.remoteSubject("trunk")).toBe("first");
		expect(on.answers("ada").at(-1)).toContain("Not pushed: trunk of origin is protected");
	});

	test("the person's pushes and the repository's hooks go on; nothing of its configuration is changed", async () => {
		const on = await fleetStage(pi, {});
		const trace = join(on.home.root, "trace");
		for (const hook of ["pre-commit", "commit-msg", "pre-push"])
			on.write(`.husky/${hook}`, `#!/bin/sh\necho ${hook} >> ${trace}\n`, 0o755);
		on.git("config", "core.hooksPath", join(on.home.work, ".husky"));
		const before = readFileSync(join(on.home.work, ".git", "config"), "utf8");
		await on.run({ ada: [commit, bash("git push -q origin HEAD:lt/ada"), say("done")] });
		expect(readFileSync(trace, "utf8").split("\n")).toEqual(["pre-commit", "commit-msg", "pre-push", ""]);
		const after = readFileSync(join(on.home.work, ".git", "config"), "utf8");
		expect(after.replace(/\[branch "lt\/ada"\]\n(\t.*\n)*/, "")).toBe(before);
		on.write("p.txt", "p");
		on.git("add", "p.txt");
		on.git("commit", "-q", "-m", "by the person");
		on.git("push", "-q", "origin", "main");
		expect(on.remoteSubject("main")).toBe("by the person");
	});

	test("a hook of the repository that refuses a commit or a push still does", async () => {
		const on = await fleetStage(pi, {});
		on.write(".git/hooks/pre-push", "#!/bin/sh\necho not today >&2\nexit 1\n", 0o755);
		await on.run({ ada: [commit, bash("git push origin HEAD:lt/ada"), say("done")] });
		expect(on.remoteSubject("lt/ada")).toBe("");
		expect(on.answers("ada").at(-1)).toContain("not today");
	});

	test.each([
		[{ pushGrants: "ada" }, ["granted"]],
		[{ pushToMain: "warn" }, ["warned"]],
		[{ pushToMain: "off" }, []],
	])("%j: it is pushed, and the feed has %j", async (gates, verdicts) => {
		const on = await fleetStage(pi, gates);
		await on.run({ ada: [commit, bash("git push origin HEAD:main"), say("done")] });
		expect(on.remoteSubject("main")).toBe("second");
		expect(on.events("pushToMain").map((event) => event.metadata.verdict)).toEqual(verdicts);
	});

	test("a project makes it stricter, and cannot make it looser", async () => {
		const on = await fleetStage(pi, {});
		const gates = { pushToMain: "off", protectedBranches: ["stable"], pushGrants: ["ada"] };
		on.write(".pi/flagship.json", JSON.stringify({ gates }));
		on.git("add", "-A");
		on.git("commit", "-q", "-m", "its wishes");
		await on.run({
			ada: [commit, bash("git push origin HEAD:main"), bash("git push origin HEAD:stable"), say("done")],
		});
		expect(on.remoteSubject("main")).toBe("first");
		expect(on.remoteSubject("stable")).toBe("");
	});
});
