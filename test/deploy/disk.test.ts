/** A disk that is full, or becomes so in the middle: the hub that was there has all it had. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { livingDaemon } from "../../src/daemon/run-file.ts";
import { readState } from "../../src/deploy/state.ts";
import { begin, bin, type Shell, shell, world } from "../cli/support.ts";
import { smallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";
import { packageOf } from "./stage.ts";

const old = packageOf("0.0.9");
const disk = smallDisk(64);

const job = JSON.stringify({ place: "here", by: "tester" });
const takeOver = (at: Shell) => begin(at, ["hub", "take-over"], job, bin);
const run = (at: Shell, ...args: string[]) => begin(at, args, "", old).end;

test.skipIf(disk === undefined)(
	"full before: refused, and the hub goes on; full in the middle: as before or new",
	{
		timeout: 180_000,
	},
	async () => {
		if (disk === undefined) return;
		const at = shell({ FLAGSHIP_HOME: join(disk.folder, "f") });
		expect(await run(at, "log", "append", "kept")).toMatchObject({ code: 0 });
		const running = () => livingDaemon(world, at.home, "hub");
		const pid = running()?.pid;
		disk.fill(4);
		const refused = await takeOver(at).end;
		expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/Not deployed to here: .* MB free/) });
		expect(running()?.pid).toBe(pid);
		disk.free();

		const { end } = takeOver(at);
		await until(() => readState(world.files, at.home)?.phase === "stopping", "the end of the old one", 60_000);
		disk.fill();
		const cut = await end;
		expect(cut.code === 0 || /nothing was lost|Nothing was changed/.test(cut.err)).toBe(true);
		disk.free();
		expect(await takeOver(at).end).toMatchObject({ code: 0 });
		const log = await run(at, "log", "query", "--last", "1d", "--json");
		expect(log).toMatchObject({ code: 0, out: expect.stringContaining("kept") });
		expect(running()?.version).toBe("0.1.0");
	},
);
