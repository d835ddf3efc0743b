/** Any text as one plain word of a command: `$(printf %s "$1" | tr _.- /=+ | base64 -d)` is the text again. */
export const dataWord = (text: string): string =>
	Buffer.from(text).toString("base64").replaceAll("/", "_").replaceAll("=", ".").replaceAll("+", "-");
