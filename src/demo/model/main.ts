/**
 * The scripted model as a program: `node src/demo/model/main.ts [--script s.json] [--port 0] [--log requests.jsonl]`.
 * Prints one line when it is ready: `{"ready":true,"port":N,"url":"http://127.0.0.1:N/v1"}`; ends by SIGINT or SIGTERM.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startModel } from "./server.ts";

const { values } = parseArgs({
	options: { script: { type: "string" }, port: { type: "string", default: "0" }, log: { type: "string" } },
});

const model = await startModel({
	script: values.script === undefined ? {} : JSON.parse(readFileSync(values.script, "utf8")),
	port: Number(values.port),
	...(values.log === undefined ? {} : { log: values.log }),
});
console.log(JSON.stringify({ ready: true, port: model.port, url: model.url }));

for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.on(signal, () => {
		void model.close().then(() => process.exit(0));
	});
