/** Which build of this package, and of pi, a machine would be sent from here. */
import type { Host } from "../host.ts";
import { bundleOf, packageOf } from "../machines/bundle.ts";

export const packHere = ({ options }: Host): string => bundleOf(options.world.files, options.packageFolder).id;

/** Undefined where no pi is known that could be sent. */
export function piHere(host: Host): string | undefined {
	const { files } = host.options.world;
	const script = host.launches.latest()?.pi.at(-1);
	const folder = script === undefined ? undefined : packageOf(files, script);
	return folder === undefined ? undefined : bundleOf(files, folder).id;
}
