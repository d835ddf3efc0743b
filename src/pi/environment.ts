/**
 * The environment of a lieutenant's pi is built, not inherited (`protocol.md` §3 rule 2): what it needs from the session
 * that made it is taken by name, so that no other secret of the person's shell reaches an agent and its commands.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What any program expects. `SSH_AUTH_SOCK` is the way git reaches a person's repositories; it is no key itself. */
const SYSTEM = [
	...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "COLORTERM"],
	...["SSH_AUTH_SOCK", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
	...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
	...["NVM_DIR", "VOLTA_HOME", "JAVA_HOME", "GOPATH", "CARGO_HOME", "RUSTUP_HOME", "PNPM_HOME", "BUN_INSTALL"],
];
const SYSTEM_PREFIXES = ["LC_", "XDG_"];

/** pi's own settings. Its session variables (`PI_SESSION_ID`, …) are those of another session, so they stay behind. */
const PI = [
	...["PI_CODING_AGENT_DIR", "PI_PACKAGE_DIR", "PI_OFFLINE", "PI_SKIP_VERSION_CHECK", "PI_TELEMETRY"],
	...["PI_CACHE_RETENTION", "PI_RADIUS_GATEWAY"],
];

/** How a model is reached where the name does not say `…_API_KEY`; from pi's documentation of its providers. */
const PROVIDERS = [
	...["ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "COPILOT_GITHUB_TOKEN", "HF_TOKEN"],
	...["AZURE_OPENAI_BASE_URL", "AZURE_OPENAI_RESOURCE_NAME", "AZURE_OPENAI_API_VERSION"],
	...["AZURE_OPENAI_DEPLOYMENT_NAME_MAP", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_GATEWAY_ID"],
	...["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"],
	...["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"],
	...["AWS_DEFAULT_REGION", "AWS_BEARER_TOKEN_BEDROCK", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"],
	...["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"],
];

/** Keys of the providers that pi knows; any other `…_API_KEY` may open something that is no model. */
const KEY_OWNERS = [
	...["ANTHROPIC", "ANT_LING", "OPENAI", "AZURE_OPENAI", "DEEPSEEK", "NVIDIA", "GEMINI", "GOOGLE_CLOUD", "MISTRAL"],
	...["GROQ", "CEREBRAS", "XAI", "OPENROUTER", "ZAI", "ZAI_CODING_CN", "OPENCODE", "RADIUS", "FIREWORKS", "TOGETHER"],
	...[
		"BASETEN",
		"KIMI",
		"META",
		"MINIMAX",
		"MINIMAX_CN",
		"MOONSHOT",
		"QWEN_TOKEN_PLAN",
		"QWEN_TOKEN_PLAN_CN",
		"XIAOMI",
	],
	...["XIAOMI_TOKEN_PLAN_CN", "XIAOMI_TOKEN_PLAN_AMS", "XIAOMI_TOKEN_PLAN_SGP", "CLOUDFLARE", "AI_GATEWAY"],
];

const NAMES = new Set([...SYSTEM, ...PI, ...PROVIDERS, ...KEY_OWNERS.map((owner) => `${owner}_API_KEY`)]);

/** The variables of a session's environment that a lieutenant gets. */
export function takenOver(env: Environment): Record<string, string> {
	const wanted = (name: string) => NAMES.has(name) || SYSTEM_PREFIXES.some((prefix) => name.startsWith(prefix));
	return Object.fromEntries(
		Object.entries(env).flatMap(([name, value]) => (value !== undefined && wanted(name) ? [[name, value]] : [])),
	);
}

/** Of what was taken over, only what any program expects: no key, no way to one, no agent of the person's. */
export const withoutKeys = (taken: Readonly<Record<string, string>>): Record<string, string> =>
	Object.fromEntries(
		Object.entries(taken).filter(
			([name]) =>
				(SYSTEM.includes(name) && name !== "SSH_AUTH_SOCK") ||
				SYSTEM_PREFIXES.some((prefix) => name.startsWith(prefix)),
		),
	);

/** What names a file or a profile of the session's own machine. */
const HERE_ONLY = ["GOOGLE_APPLICATION_CREDENTIALS", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"];
const KEYS = new Set([
	...PROVIDERS.filter((name) => !HERE_ONLY.includes(name)),
	...KEY_OWNERS.map((owner) => `${owner}_API_KEY`),
]);

/** Of what was taken over, what opens a model also from another machine, and what the setting `machines.env` names. */
export const onlyKeys = (taken: Readonly<Record<string, string>>, more: readonly string[]): Record<string, string> =>
	Object.fromEntries(Object.entries(taken).filter(([name]) => KEYS.has(name) || more.includes(name)));
