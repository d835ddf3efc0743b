import type { World } from "../world.ts";
import { clock } from "./clock.ts";
import { files } from "./files.ts";
import { random } from "./random.ts";
import { sockets } from "./sockets.ts";
import { spawn } from "./spawn.ts";

const world: World = { clock, random, files, spawn, sockets };

/** The machine itself. One per process: it remembers the children that it started. */
export const realWorld = (): World => world;
