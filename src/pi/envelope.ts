/**
 * The envelope: the first line of every message that a host sends to a lieutenant, `<<flagship:ULID.n>>`. pi carries it
 * in its queue and in its transcript, so that a message's fate can be read from either; the pack takes it out of what
 * the model sees (`protocol.md` §6 rule 2). Only the first line counts: a text that quotes another's envelope further
 * down says nothing about that message.
 */

/** `id` names the message for good; `n` counts its deliveries, from 1. */
export interface Envelope {
	readonly id: string;
	readonly n: number;
}

const LINE = /^<<flagship:([0-9A-HJKMNP-TV-Z]{26})\.([1-9][0-9]{0,8})>>(?:\r?\n|$)/;

export const wrap = (envelope: Envelope, text: string): string => `<<flagship:${envelope.id}.${envelope.n}>>\n${text}`;

/** The text without its envelope; `envelope` is absent when there is none. */
export function unwrap(text: string): { readonly envelope?: Envelope; readonly text: string } {
	const [line, id, n] = LINE.exec(text) ?? [];
	if (line === undefined || id === undefined || n === undefined) return { text };
	return { envelope: { id, n: Number(n) }, text: text.slice(line.length) };
}

export const envelopeOf = (text: string): Envelope | undefined => unwrap(text).envelope;

/** The envelopes of several texts, such as pi's queue; texts of other origin are left out. */
export const envelopesOf = (texts: readonly string[]): readonly Envelope[] =>
	texts.map(envelopeOf).filter((envelope) => envelope !== undefined);
