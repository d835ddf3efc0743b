/**
 * Secrets in a text, replaced before it leaves this machine or is logged: those that this host knows, wherever they stand, and what has
 * the shape of a common one. What neither knows nor shape gives away is not seen (`docs/security.md`).
 */

/** A value to be masked, and what stands there instead. */
export interface Secret {
	readonly name: string;
	readonly value: string;
}

/** Shorter values are words and numbers that stand in any text. */
const SHORTEST = 8;
const SECRET_NAME = /key|token|secret|pass|credential|auth|cookie|private|signature|dsn/i;

/** First that which may hold another. A group that is to stay comes first and is put back. */
const SHAPES: readonly RegExp[] = [
	/-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
	/()\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g,
	/()\b(?:sk|pk|rk)[-_](?:[a-z]+[-_]){0,3}[\w-]{16,}/gi,
	/()\b(?:gh[opsur]_|github_pat_|glpat-|npm_|hf_|dop_v1_|xox[abposr]-|xapp-|SG\.|AIza|ya29\.)[\w.-]{16,}/g,
	/()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
	// A key of Vers: whose it is, which stays, and 64 digits.
	/(\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})[0-9a-f]{64}\b/gi,
	/(\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)[\w.~+/=-]{8,}/gi,
	// What `dashboard_link` says: good for five minutes, and a transcript is read by more than the person.
	/(\/ui\/login\?token=)[\w-]{16,}/g,
	/(\bbearer\s+)[\w.~+/-]{20,}=*/gi,
	/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']{3,}(?=@)/gi,
	/(\b(?:[A-Z0-9]+_)*(?:API_?KEY|SECRET(?:_ACCESS_KEY|_KEY)?|ACCESS_TOKEN|AUTH_TOKEN|PASSWORD|PASSWD)["']?\s*[:=]\s*["']?)(?!\[masked)[^\s"'`,;]{8,}/g,
];

/** Those of an environment whose name says that they are secret. */
export const secretsIn = (env: Readonly<Record<string, string>>): readonly Secret[] =>
	Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [{ name, value }] : []));

/** Longest first: one may be the beginning of another. Also as they stand within a JSON text. */
export function masker(secrets: readonly Secret[]): (text: string) => string {
	const known = new Map<string, string>();
	for (const { name, value } of secrets) {
		const trimmed = value.trim();
		if (trimmed.length < SHORTEST) continue;
		for (const form of [trimmed, JSON.stringify(trimmed).slice(1, -1), encodeURIComponent(trimmed)])
			known.set(form, name);
	}
	const longestFirst = [...known].sort(([a], [b]) => b.length - a.length);
	return (text) => {
		let masked = text;
		for (const [value, name] of longestFirst) masked = masked.replaceAll(value, () => `[masked: ${name}]`);
		for (const shape of SHAPES) {
			masked = masked.replace(
				shape,
				(_all: string, kept: unknown) => `${typeof kept === "string" ? kept : ""}[masked]`,
			);
		}
		return masked;
	};
}
