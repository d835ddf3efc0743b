/** How lists of entries are asked for by time and by words. */
import { Type } from "@sinclair/typebox";
import { text } from "./shapes.ts";

/** Both ends belong to the window; `since` overrides `last`. What a model reads of it is short: `log_query` is always sent. */
export const window = {
	since: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601" })),
	until: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601" })),
	last: Type.Optional(Type.String({ maxLength: 64, description: "12h, 7d; default 24h" })),
};

/** Words to be found, in any order and case; from three letters on the beginning of a word is enough. */
export const searched = text(500, "all of these words, or how they begin");
