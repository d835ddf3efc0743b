/** How records are kept for worse days, kept by hand like `features.ts`, of which it is a part. */
import { type Feature, shipped } from "./feature.ts";

const MAKE = "test/backup/make.test.ts";
const RESTORE = "test/backup/restore.test.ts";
const TAKE = "test/backup/take.test.ts";
const HUB = "test/hub/backups/backups.test.ts";
const RULES = "test/hub/backups/rules.test.ts";
const CLI = "test/cli/backup.test.ts";
const IMPORT = "test/cli/import.test.ts";

export const keeping: readonly Feature[] = [
	shipped(
		"`flagship backup` beside a hub at work: all records of one moment in one file, tried by a restore",
		[
			MAKE,
			"eight writers go on during a backup, which is of one moment: no record without its event",
			"a backup has every row of every table, each with its own row id, and no secret in plain",
			"a disk without room is left as it is; one that fills up on the way leaves the earlier backup and nothing half",
		],
		[
			CLI,
			"kill -9 on the way leaves the earlier backup, no half file, and nothing that the next one does not clear away",
		],
	),
	shipped("`flagship verify`: a damaged backup is refused, and the place is named", [
		MAKE,
		"in its first line, in what is packed, at its end, or when it is something else",
		"also when all sums fit and the rows do not",
	]),
	shipped(
		"`flagship restore`: former data is kept, readers learn of it, revoked tokens stay revoked",
		[CLI, "backs up beside the hub, verifies, refuses to restore under it, and restores what was there"],
		[
			RESTORE,
			"a restore on an empty folder gives every row back, and the hub goes on from there",
			"who had read beyond the backup is told so, and misses nothing that comes",
			"a token that was revoked or replaced after the backup stays so, one that was made after it goes on",
			"a backup of an older schema is brought up to date",
		],
	),
	shipped(
		"A hub that is killed or told to end keeps every write that it acknowledged, and no half: each operation that there is",
		[
			"test/withstand/hub/kill.test.ts",
			"%s in the middle of every kind of write loses none that was acknowledged, and leaves none half",
		],
	),
	shipped("A hub on a full disk or a read-only database refuses each write in words, is read, and goes on by itself", [
		"test/withstand/hub/refused.test.ts",
		"on a full disk each write is refused, each read goes on, and with space all are taken",
		"a database that became read-only refuses each write, is read as before, and takes all when it is mended",
	]),
	shipped("A torn write-ahead log gives back what is before the tear, and the hub says what is lost", [
		"test/withstand/hub/torn.test.ts",
		"torn or garbled anywhere, it gives back what is before, whole, and the hub says that something is missing",
	]),
	shipped(
		"Two hubs on one folder, a clock that goes back, 500 idle streams: refused, in order, all served",
		[
			"test/withstand/hub/two.test.ts",
			"a second hub on one folder is refused, also through a link to it; after kill -9 the next one starts",
		],
		[
			"test/withstand/hub/clock.test.ts",
			"with the clock set back, and again over a restart, every service's ids and the feed's order only grow",
		],
		[
			"test/withstand/hub/streams.test.ts",
			"500 streams, half of each kind, all have the next event while the hub serves; at its end they resume without a gap",
		],
	),
	shipped(
		"Backups by schedule, tried before older ones go, told when they fail: `backups_make`, `backups_list`, `backups_status`",
		[
			HUB,
			"is made on demand once for all who ask at once, listed, read whole or from a byte on, by an admin alone",
			"is made by the hub itself once a day where there is data, a missed one once, and told when it fails",
			"never removes what a person has put beside them",
		],
		[RULES, "all of the last day, the newest of each of seven days, the newest of each of four weeks"],
	),
	shipped("Backup from elsewhere: `--from <url>`, taken up where it was cut, and `--from ssh:<host>`", [
		TAKE,
		"a file that is cut again and again is taken up where it was, and is the same",
		"a wire that breaks for good, a token that may not, no token: each is refused, nothing is left",
		"the other side's own command writes it, ssh carries it, it is tried here",
		"a host is a host: neither an option nor words of a shell",
	]),
	shipped("`flagship import` of a vers-agent-services data folder, here or by ssh; `flagship export` back into one", [
		IMPORT,
		"an old data folder comes over with ids, times, authors and order; its addresses go on working; twice adds nothing; export gives it back",
		"what is torn, malformed, too large or against today's rules is listed with file and line, kept as it stood, and stops nothing",
		"an import that is killed, and its hub with it, goes on where it was; a folder that has grown adds what is new",
		"a folder elsewhere is fetched by ssh, whatever it is called; no name of host or folder becomes a command",
	]),
];
