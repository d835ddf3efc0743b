/** What a lieutenant may still spend, as a bar: read from its `due`, which says `a report; 12/30 turns, $0.41/$2.00`. */

export interface Cap {
	readonly used: number;
	readonly limit: number;
	/** `12/30 turns` */
	readonly text: string;
}

const number = (text: string): number => Number(text.replaceAll(",", ""));
const CAP = /^(?:\$(?<usd>[\d.]+)\/\$(?<usdLimit>[\d.]+)|(?<used>\d+)\/(?<limit>[\d,]+) \w+)$/u;

/** Only what stands behind the last `;` is a cap: a command that is due may have numbers of its own. */
export function capsOf(due: string | undefined): readonly Cap[] {
	const [, counted = due ?? ""] = /^.*; (.*)$/su.exec(due ?? "") ?? [];
	return counted.split(/, (?=[\d$])/u).flatMap((text) => {
		const { usd, usdLimit, used, limit } = CAP.exec(text)?.groups ?? {};
		const cap = { used: number(usd ?? used ?? ""), limit: number(usdLimit ?? limit ?? ""), text };
		return cap.limit > 0 ? [cap] : [];
	});
}

/** The one that ends first. */
export const nearest = (caps: readonly Cap[]): Cap | undefined =>
	caps.reduce<Cap | undefined>(
		(near, cap) => (near === undefined || cap.used / cap.limit > near.used / near.limit ? cap : near),
		undefined,
	);

/** `███░░`: full only when it is. */
export function bar({ used, limit }: Pick<Cap, "used" | "limit">, cells: number): string {
	const share = Math.max(0, Math.min(1, used / limit));
	const full = share === 1 ? cells : Math.min(cells - 1, Math.ceil(share * cells));
	return "█".repeat(full) + "░".repeat(cells - full);
}
