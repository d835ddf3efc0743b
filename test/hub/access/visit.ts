/** A browser, as far as headers go: keeps its cookie, follows no redirect by itself. */
export interface Visit {
	readonly status: number;
	readonly text: string;
	readonly cookie: string;
	readonly headers: Headers;
}

export interface VisitOptions {
	readonly method?: string;
	readonly form?: Readonly<Record<string, string>>;
	readonly cookie?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

export async function visit(url: string, { method, form, cookie, headers }: VisitOptions = {}): Promise<Visit> {
	const response = await fetch(url, {
		method: method ?? (form === undefined ? "GET" : "POST"),
		redirect: "manual",
		headers: { ...(cookie === undefined ? {} : { cookie }), ...headers },
		...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
	});
	const [set = ""] = response.headers.getSetCookie();
	return {
		status: response.status,
		text: await response.text(),
		cookie: set.split(";", 1)[0] ?? "",
		headers: response.headers,
	};
}

/** The secret of a link. */
export const secretOf = (url: string): string => new URL(url).searchParams.get("token") ?? "";

/** Opens the link and presses its button; the cookie. */
export async function logIn(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
	const { status, cookie } = await visit(url.replace(/\?.*$/, ""), { form: { token: secretOf(url) }, headers });
	if (status !== 303) throw new Error(`the login was answered ${status}`);
	return cookie;
}
