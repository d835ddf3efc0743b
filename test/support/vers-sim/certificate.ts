/** A certificate for `*.vm.<domain>`, signed by an authority of the run's own, which clients are given to verify it. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
	readonly key: string;
	readonly cert: string;
	/** File of the authority, for `openssl s_client -CAfile`. */
	readonly authority: string;
}

export function makeCertificate(folder: string, domain: string): Certificate {
	const file = (name: string): string => join(folder, name);
	const openssl = (...args: readonly string[]): void => {
		execFileSync("openssl", args, { stdio: "pipe" });
	};
	const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;
	writeFileSync(file("leaf.cnf"), `subjectAltName=DNS:*.${domain}\nbasicConstraints=CA:FALSE\n`);
	openssl(
		...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=Vers simulator"],
		...["-keyout", file("ca.key"), "-out", file("ca.pem")],
	);
	openssl("req", ...newKey, "-subj", `/CN=*.${domain}`, "-keyout", file("leaf.key"), "-out", file("leaf.csr"));
	openssl(
		...["x509", "-req", "-days", "2", "-in", file("leaf.csr"), "-extfile", file("leaf.cnf"), "-out", file("leaf.pem")],
		...["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"],
	);
	return {
		key: readFileSync(file("leaf.key"), "utf8"),
		cert: readFileSync(file("leaf.pem"), "utf8"),
		authority: file("ca.pem"),
	};
}
