/**
 * Words of others as a terminal may show them. What a lieutenant is called, runs or says must not move a person's cursor,
 * name their window or turn their lines around.
 */
const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
const CSI = String.fromCharCode(0x9b);

const SEQUENCES = new RegExp(
	[
		`(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]?`,
		// Titles, links and other strings: to their end, or to the end of the text, as a terminal would take them.
		`${ESC}[\\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?`,
		`${ESC}[ -/]*[0-~]?`,
	].join("|"),
	"gu",
);
/** What turns the order of letters around, or takes no room: bidirectional marks, separators, zero width. */
const UNSEEN = /[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/** On one line. */
export const harmless = (text: string): string =>
	text.replace(SEQUENCES, "").replace(UNSEEN, "").replace(CONTROLS, " ");

/** Line by line; tabs become spaces. */
export const harmlessLines = (text: string): readonly string[] =>
	text
		.replace(SEQUENCES, "")
		.split(/\r\n|[\n\r\u2028\u2029]/u)
		.map((line) => harmless(line.replaceAll("\t", "    ")));
