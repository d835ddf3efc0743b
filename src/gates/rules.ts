/**
 * What the model is told, in a named section of the system prompt: a section survives every kind of compaction, where
 * an injected message would be lost. Always the same text, so that the provider's cache holds. The gate holds without it.
 */
export const RULES_SECTION = "work_log_rules";

export const RULES = `Whatever a run changes (files, commits, refs, things done elsewhere) must be in the work log before the run ends: call log_append with what was done and why, naming files or commits, after the work and not in the same step. Say only what happened; the facts are attached to the entry by themselves. A run that changed nothing needs no entry.`;
