/** By which pages of old reached the API in the name of their session: `/ui/api/board/tasks` is `/board/tasks`. */
const PREFIX = "/ui/api";

export const withoutPrefix = (url: string): string => (url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : url);
