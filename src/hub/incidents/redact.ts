/**
 * What a document for others does not need to say: secrets, whose account it was, where in whose network. Ids of
 * machines stay, because whoever mends the platform looks for them by these.
 */
import { masker } from "../../mask.ts";

const secrets = masker([]);

const SHAPES: readonly (readonly [shape: RegExp, stands: string])[] = [
	[/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "[mail address]"],
	[/(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g, "[address]"],
	[/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])/gi, "[address]"],
	[/(?<![\w:])(?:[0-9a-f]{1,4}:){1,6}:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,5})?(?![\w:])/gi, "[address]"],
	[/(?<![\w/])\/(?:home|Users)\/[^/\s"'`:]+|(?<![\w/])\/root(?=\/|\b)/g, "~"],
];

export const redact = (text: string): string =>
	SHAPES.reduce((left, [shape, stands]) => left.replace(shape, stands), secrets(text));
