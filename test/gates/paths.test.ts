import { describe, expect, test } from "vitest";
import { commandTrespass, fileTrespass, type Ground, zonesOf } from "../../src/gates/paths.ts";

const HOME = "/home/p";
const FLAGSHIP = `${HOME}/.flagship`;
const PI = `${HOME}/.pi/agent`;
const OWN = `${FLAGSHIP}/worktrees/app-1/ada`;
const TMP = `${FLAGSHIP}/lieutenants/01A/tmp`;
const links: Readonly<Record<string, string>> = { [`${OWN}/link`]: FLAGSHIP, [`${HOME}/app/link`]: PI };

const ground = (cwd: string, lieutenant: boolean): Ground => ({
	zones: zonesOf({ home: FLAGSHIP, pi: PI, cwd, top: cwd, ...(lieutenant ? { temporary: TMP } : {}) }, lieutenant),
	cwd,
	variables: {
		HOME,
		FLAGSHIP_HOME: FLAGSHIP,
		PI_CODING_AGENT_DIR: PI,
		TMPDIR: TMP,
		FLAGSHIP_LIEUTENANT_FOLDER: `${TMP}/..`,
	},
	real(path) {
		const link = Object.keys(links).find((from) => path === from || path.startsWith(`${from}/`));
		return link === undefined ? path : `${links[link]}${path.slice(link.length)}`;
	},
});
const ada = ground(OWN, true);
const person = ground(`${HOME}/app`, false);

describe("a lieutenant's command", () => {
	test.each([
		"echo {} > ~/.flagship/settings.json",
		'echo x >> "$FLAGSHIP_HOME/settings.json"',
		"sed -i s/enforce/off/ ${FLAGSHIP_HOME}/settings.json",
		"cp x.json /home/p/.pi/agent/settings.json",
		"rm -rf ~/.flagship",
		"rm -rf ~",
		"rm -rf /home/p/.flag*",
		"cd ../../.. && rm settings.json",
		"cd ~/.flagship; sqlite3 hub/hub.db 'delete from log'",
		"sqlite3 ~/.flagship/hub/hub.db 'insert into log values (1)'",
		"tee ../bob/a.txt < a.txt",
		"git -C ../bob commit -am mine",
		"node -e \"require('fs').writeFileSync('/home/p/.flagship/settings.json', '{}')\"",
		"python3 -c \"import os; open(os.environ['FLAGSHIP_HOME'] + '/settings.json', 'w')\"",
		'node -e "fs.rmSync(process.env.FLAGSHIP_LIEUTENANT_FOLDER)"',
		"bash -c 'rm $FLAGSHIP_HOME/settings.json'",
		"echo x > link/settings.json",
		"echo x > $TMPDIR/../hooks/pre-push",
		"dd if=/dev/zero of=/home/p/.flagship/hub/hub.db",
		"mv .pi/flagship.json x",
		"case x in x) rm ~/.flagship/settings.json;; esac",
	])("%s is refused", (command) => expect(commandTrespass(ada, command)).toBeDefined());

	test.each([
		"cat ~/.flagship/settings.json",
		"ls ../bob; git -C ../bob log",
		"grep -r x $FLAGSHIP_HOME/worktrees",
		"echo x > a.txt && git add -A && git commit -m x",
		`echo x > ${OWN}/src/a.ts`,
		"rm -rf node_modules dist ./build",
		"echo x > $TMPDIR/a && mv $TMPDIR/a b",
		"cd src && rm ../a.txt",
		"curl -X POST https://example.invalid/a/b -d x=1",
		"npm test -- --reporter=dot",
		"FLAGSHIP_HOME=/tmp/other npm test",
		"echo $UNKNOWN/x > y",
	])("%s passes", (command) => expect(commandTrespass(ada, command)).toBeUndefined());
});

describe("a tool that names its file", () => {
	test.each([
		`${FLAGSHIP}/settings.json`,
		"~/.flagship/settings.json",
		"../bob/a.txt",
		"link/settings.json",
		".pi/flagship.json",
		".pi/settings.json",
		`${PI}/extensions/x.ts`,
		`@${PI}/settings.json`,
	])("%s is refused to a lieutenant", (path) => expect(fileTrespass(ada, path)).toBeDefined());

	test.each(["a.txt", `${OWN}/a.txt`, `${TMP}/x`, "/elsewhere/x", ".pi/prompts/x.md"])("%s passes", (path) => {
		expect(fileTrespass(ada, path)).toBeUndefined();
	});

	test("an orchestrator keeps Flagship's home and pi's settings, and may write the person's own extensions", () => {
		expect(fileTrespass(person, `${FLAGSHIP}/worktrees/app-1/ada/a.txt`)).toBeDefined();
		expect(fileTrespass(person, "link/settings.json")).toMatchObject({ path: `${PI}/settings.json` });
		expect(fileTrespass(person, `${PI}/auth.json`)).toBeDefined();
		expect(fileTrespass(person, `${PI}/extensions/mine.ts`)).toBeUndefined();
	});

	test("a session that a person opened in a lieutenant's worktree works there", () => {
		expect(fileTrespass(ground(OWN, false), "a.txt")).toBeUndefined();
		expect(fileTrespass(ground(FLAGSHIP, false), "settings.json")).toBeDefined();
	});
});
