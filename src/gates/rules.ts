/**
 * What the model is told, in a named section of the system prompt: a section survives every kind of compaction, where
 * an injected message would be lost. Always the same text, so that the provider's cache holds. The gate holds without it.
 */
export const RULES_SECTION = "work_log_rules";

export const RULES = `Whatever a run changes (files, commits, refs, things done elsewhere) must be in the work log before the run ends: call log_append with what was done and why, naming files or commits, after the work and not in the same step. Say only what happened; the facts are attached to the entry by themselves. A run that changed nothing needs no entry.`;

interface Told {
	readonly role: string;
	readonly sections?: Readonly<Record<string, string | null>>;
}

/**
 * The messages of a request with the rules in them. pi 0.87 takes an extension's sections out again in the middle of a
 * run that a message of an extension has started, such as a notice: that removal is left out, so that the prompt stays
 * as the provider has cached it. Where a compaction has kept a prompt without them, they are put back.
 */
export function withRules<M extends { readonly role: string }>(messages: readonly M[]): M[] {
	const kept = messages.flatMap((message) => withoutRemoval(message));
	if (kept.some((message) => typeof sectionsOf(message)?.[RULES_SECTION] === "string")) return kept;
	const at = kept.findIndex((message) => sectionsOf(message) !== undefined);
	return kept.map((message, index) =>
		index === at ? { ...message, sections: { ...sectionsOf(message), [RULES_SECTION]: RULES } } : message,
	);
}

const sectionsOf = (message: Told): Told["sections"] => (message.role === "system" ? message.sections : undefined);

function withoutRemoval<M extends Told>(message: M): readonly M[] {
	const sections = sectionsOf(message);
	if (sections?.[RULES_SECTION] !== null) return [message];
	const { [RULES_SECTION]: _, ...others } = sections;
	return [{ ...message, sections: others }];
}
