import { expect, it } from "vitest";
import { writtenBy } from "../../src/gates/writes.ts";

const ground = { cwd: "/repo", variables: { HOME: "/home/me", PWD: "/repo" } };
const paths = (command: string): readonly string[] =>
	writtenBy(ground, command).map(({ path, whole }) => `${path.replace("/repo/", "")}${whole ? "/…" : ""}`);

it.each([
	["echo x > src/a.ts", ["src/a.ts"]],
	["cat b >> ./src/a.ts && ls", ["src/a.ts"]],
	["echo x &> src/a.ts", ["src/a.ts"]],
	["echo x &>> src/a.ts", ["src/a.ts"]],
	["cat > src/a.ts <<'EOF'\nx\nEOF", ["src/a.ts"]],
	["cd src && echo x > a.ts", ["src/a.ts"]],
	["(cd src; tee a.ts < b.ts)", ["src/a.ts"]],
	["sed -i s/a/b/ src/a.ts", ["src/a.ts/…"]],
	["perl -pi -e 's/a/b/' src/a.ts", ["src/a.ts/…"]],
	["cp own.ts src/a.ts", ["src/a.ts", "src/a.ts/own.ts"]],
	["ln -s own.ts src/b.ts", ["src/b.ts", "src/b.ts/own.ts"]],
	["cp -t src own.ts", ["src", "src/own.ts"]],
	["mv src/a.ts own.ts", ["own.ts", "own.ts/a.ts", "src/a.ts/…"]],
	["rm -rf src", ["src/…"]],
	["git rm -q src/a.ts", ["src/a.ts/…"]],
	["touch src/{a,b}.ts", ["src/a.ts", "src/b.ts"]],
	["rm src/*.ts", ["src/*.ts/…"]],
	['echo x > "$PWD/src/a.ts"', ["src/a.ts"]],
	["bash -c 'echo x > src/a.ts'", ["src/a.ts"]],
	["env A=b timeout 5 tee src/a.ts", ["src/a.ts"]],
	["stdbuf -o L nice -n 5 tee src/a.ts", ["src/a.ts"]],
	["npx prettier --write src", ["prettier/…", "src/…"]],
	["node -e \"require('fs').writeFileSync('src/a.ts', 'x')\"", ["src/a.ts"]],
	["python3 - <<'EOF'\nopen('src/a.ts', 'w').write('x')\nEOF", ["src/a.ts"]],
	["find src -name '*.ts' -delete", ["src/…"]],
	["dd if=b of=src/a.ts", ["src/a.ts"]],
	["echo `echo x > src/a.ts`", ["src/a.ts"]],
	["case $x in a) echo x > src/a.ts;; esac", ["src/a.ts"]],
])("%s writes %j", (command, written) => expect(paths(command)).toEqual(expect.arrayContaining(written)));

it.each([
	"cat src/a.ts",
	"cp src/a.ts /tmp/x",
	"sed -n 1,20p src/a.ts",
	"sed s/a/b/ src/a.ts",
	"npx vitest run test/a.test.ts",
	"node src/a.ts",
	"git add src/a.ts && git commit -m 'src/a.ts'",
	"git checkout HEAD -- src/a.ts",
	"git restore src/a.ts",
	"node -e \"console.log(require('./src/a.ts'))\"",
	"eslint src/a.ts",
	"grep -rn '>' src/a.ts",
	"echo src/a.ts",
])("%s writes no file of src", (command) => {
	expect(paths(command).filter((path) => path.startsWith("src"))).toEqual([]);
});
