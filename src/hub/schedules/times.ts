/**
 * When a schedule is due. A time that a day does not have, because clocks go forward, is taken at the change; one that a
 * day has twice, because they go back, at the first.
 */
import { Cron } from "croner";
import { fault, reason } from "../../errors.ts";

/** The zone of the machine that the hub runs on. */
export const ownZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Throws `invalid_input` for a zone that there is none of. */
export function zoneOf(named: string | undefined): string {
	const zone = named?.trim() ?? ownZone();
	try {
		return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
	} catch {
		throw fault("invalid_input", `zone: there is no time zone '${zone}'; one is Europe/Berlin`);
	}
}

/** The first moment after this one; undefined when there is none. Throws `invalid_input` for what is no pattern. */
export function nextAfter(cron: string, zone: string, after: number): number | undefined {
	if (cron.trim().split(/\s+/).length !== 5)
		throw fault("invalid_input", "cron must have five parts: minute hour day month weekday");
	try {
		return new Cron(cron.trim(), { timezone: zone, paused: true }).nextRun(new Date(after))?.getTime();
	} catch (thrown) {
		throw fault("invalid_input", `cron: ${reason(thrown)}`);
	}
}

/** The last moment that is not after this one, by the same reading of the pattern; undefined when there is none. */
export function lastUntil(cron: string, zone: string, until: number): number | undefined {
	const [last] = new Cron(cron.trim(), { timezone: zone, paused: true }).previousRuns(1, new Date(until));
	return last?.getTime();
}
