/** Who is at the other end of a request. Only a proxy on this machine may say that it asks for another. */
import type { IncomingHttpHeaders } from "node:http";

/** Written as an address of version 4 or 6 is; whether it can exist is not looked at. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|(?=.*:)[\da-f:.]{2,45})$/i;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

export interface Arrival {
	readonly headers: IncomingHttpHeaders;
	/** The address at the other end of the connection; empty when it is already gone. */
	readonly peer: string;
}

/** The last of a list that proxies append to: those before it are whatever the reader wrote. */
const last = (header: string | string[] | undefined): string | undefined =>
	String(header ?? "")
		.split(",")
		.at(-1)
		?.trim();

export const isHere = (address: string): boolean => LOOPBACK.test(address);

/** The address that it comes from; null when the connection is already gone. */
export function addressOf({ peer, headers }: Arrival): string | null {
	const forwarded = last(headers["x-forwarded-for"]);
	if (isHere(peer) && forwarded !== undefined && ADDRESS.test(forwarded)) return forwarded;
	return peer === "" ? null : peer;
}

/** Whether the browser is at the other end of TLS: by the address that people use, or by a proxy on this machine. */
export const overTls = ({ peer, headers }: Arrival, publicUrl: string): boolean =>
	publicUrl.startsWith("https:") || (isHere(peer) && last(headers["x-forwarded-proto"]) === "https");
