import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, type Place } from "../../src/gates/commands.ts";
import { parseShell } from "../../src/gates/shell.ts";

const place: Place = { cwd: "/repo", root: "/repo", git: true, scratch: ["/tmp"] };
const trace = (command: string, at: Place = place): string => judge(command, at).trace;

describe("commands that leave no trace", () => {
	it.each([
		"ls -la src",
		"sort -rn a.txt | uniq -c",
		"cat a.ts | grep -n foo | head -5",
		"git status --short && git log --oneline -5",
		"git --no-pager diff HEAD~1",
		"git branch --show-current; git remote -v; git stash list",
		"cd src && ls && pwd",
		"cd /repo/src && rg 'x > y' .",
		"sed -n 1,40p src/a.ts",
		"find . -name '*.ts' -not -path './node_modules/*'",
		"echo hello 2>/dev/null",
		"ls missing 2>&1 || true",
		"FOO=1 env BAR=2 timeout 5 cat a",
		'for f in *.ts; do wc -l "$f"; done',
		"if [ -f a ]; then cat a; fi",
		"echo $(git rev-parse HEAD)",
		"awk '{print $1}' a.txt",
		"curl -s http://localhost:3000/health",
		"gh pr view 12",
		"npm ls; npm --version",
		"pnpm list && yarn why left-pad",
		"fd '\\.ts$' src",
		"uniq a.txt",
		"yq .a a.yaml",
		"xxd a.bin",
		"node --check a.js && node --version",
		"python --version && python3 -V",
		"docker ps -a && kubectl get pods",
		"flagship status",
		"echo x > /tmp/scratch.txt",
		"cat <<'EOF'\nrm -rf /\nEOF",
		'[[ -n "$X" && $Y < 3 ]] && echo yes',
	])("%s", (command) => expect(trace(command)).toBe("none"));
});

describe("commands that the tree tells about", () => {
	it.each([
		"echo x > a.txt",
		"sed -i s/a/b/ src/a.ts",
		"sort -uo a.txt a.txt",
		"sort --output=b.txt a.txt",
		"uniq a.txt b.txt",
		"mkdir -p src/new && touch src/new/a.ts",
		"git add -A && git commit -m 'x; rm -rf /'",
		"git checkout -b feature",
		"git push origin main",
		"git worktree add new lt/new",
		"npm test",
		"npm run build",
		"npx vitest run test/a.test.ts",
		"pnpm test && yarn test",
		"yq -i .a=1 a.yaml",
		"xxd -r a.txt a.bin",
		"xxd a.bin a.txt",
		"node --test",
		"go test ./... && make lint",
		"python -m pytest && python3 -m mypy .",
		"cargo test --all",
		"cat > a.ts <<'EOF'\nexport const a = `x`;\nEOF",
		"cd /repo/src && tee b.ts < a.ts",
	])("%s", (command) => expect(trace(command)).toBe("tree"));
});

describe("everything else is work", () => {
	it.each([
		"./deploy.sh",
		"node script.js",
		"npm publish",
		"pnpm publish",
		"yarn publish",
		"fd -x rm",
		"awk '{system($1)}' a.txt",
		"make deploy",
		"go run .",
		"cargo publish",
		"kubectl apply -f a.yaml",
		"python3 a.py",
		"flagship board create x",
		"npm run deploy",
		"curl -X POST http://x/y",
		"curl -d a=b http://x",
		"rm -rf ../other",
		"echo x > /etc/motd",
		"echo x > $TARGET",
		"cd /elsewhere && git commit -am x",
		"cd .. && touch a",
		"git -C /other commit -m x",
		"git worktree add ../new lt/new",
		"git init /elsewhere",
		"gh pr create --fill",
		"ssh host uptime",
		"$CMD a",
		"eval 'echo hi'",
		"find . -name '*.tmp' -delete",
		"npm run dev &",
		"ls; unknown-tool",
		"echo $(./hidden.sh)",
		"echo `./hidden.sh`",
		"case $x in a) ls;; esac",
		"cat <<EOF\n$(./hidden.sh)\nEOF",
		"echo 'unbalanced",
		"cat <(./hidden.sh)",
		"sudo ls",
		"docker compose up -d",
	])("%s", (command) => expect(trace(command)).toBe("work"));

	it("outside of git, git commands are work, because no picture shows commits", () => {
		expect(trace("git commit -am x", { ...place, git: false })).toBe("work");
		expect(trace("git status", { ...place, git: false })).toBe("none");
	});
});

it("names programs and subcommands, never arguments, which may hold secrets", () => {
	const { programs } = judge(
		"TOKEN=abc123 curl -H 'Authorization: Bearer s3cret' -X POST https://x && npm publish --otp 1",
		place,
	);
	expect(programs).toEqual(["curl", "npm publish"]);
});

it("knows a push and a background process", () => {
	expect(judge("git commit -am x && git push", place)).toMatchObject({ push: true, refs: true, background: false });
	expect(judge("nohup ./server.sh &", place)).toMatchObject({ background: true, trace: "work" });
});

/** Backquotes do not nest by themselves: what stands inside is escaped, as a shell wants it. */
const backquoted = (inner: string): string => `\`${inner.replace(/[\\`$]/g, "\\$&")}\``;

it("reads backquotes as a shell does, escaped ones inside of them too", () => {
	const programs = (command: string): readonly string[] => judge(command, place).programs;
	const nested = backquoted(`echo ${backquoted(`echo ${backquoted("frobnicate --all")}`)}`);
	expect(trace(`echo ${nested}`)).toBe("work");
	expect(programs(`echo ${nested}`)).toContain("frobnicate");
	expect(programs("echo `echo \\$HOME; ./hidden.sh`")).toContain("hidden.sh");
	// Escaped, the dollar is the inner command's own; taken for text, the substitution would go unseen.
	expect(programs("echo `echo \\$(./hidden.sh)`")).toContain("hidden.sh");
	expect(programs('echo "`echo \\"a b\\"; ./hidden.sh`"')).toContain("hidden.sh");
	expect(trace("echo `ls \\`git rev-parse HEAD\\``")).toBe("none");
	expect(trace("echo `ls")).toBe("work");
});

it("an unknown program is work wherever a shell may hide it", () => {
	const around = fc.constantFrom<(inner: string) => string>(
		(inner) => inner,
		(inner) => `ls && ${inner}`,
		(inner) => `ls; ${inner}`,
		(inner) => `true || ${inner}`,
		(inner) => `cat a | ${inner}`,
		(inner) => `(cd src; ${inner})`,
		(inner) => `{ ${inner}; }`,
		(inner) => `echo "$(${inner})"`,
		(inner) => `echo ${backquoted(inner)}`,
		(inner) => `X=$(${inner}) ls`,
		(inner) => `if ${inner}; then ls; fi`,
		(inner) => `for i in 1 2; do ${inner}; done`,
		(inner) => `while ${inner}; do ls; done`,
		(inner) => `! ${inner}`,
		(inner) => `env A=b ${inner}`,
		(inner) => `find . | xargs -n 1 ${inner}`,
		(inner) => `timeout 5 ${inner}`,
		(inner) => `ls\n${inner}`,
		(inner) => `cat <<'E'\nx\nE\n${inner}`,
		(inner) => `echo 'a;b' "c|d"; ${inner}`,
	);
	fc.assert(
		fc.property(fc.array(around, { minLength: 1, maxLength: 3 }), (layers) => {
			const command = layers.reduce((inner, layer) => layer(inner), "frobnicate --all");
			expect(trace(command)).toBe("work");
		}),
	);
});

it("never throws, whatever a model writes", () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom(..."ab '\"`$(){}<>|&;\\\n#=-[]/*".split("")), maxLength: 40 }),
			(text) => {
				parseShell(text);
				expect(["none", "tree", "work"]).toContain(trace(text));
			},
		),
		{ numRuns: 2_000 },
	);
});
