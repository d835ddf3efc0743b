/**
 * Reading what another program wrote: every field may be missing or of another type, because pi is updated
 * independently of this package. A reader never throws; what it cannot read becomes the neutral value.
 */

export type Shape = Readonly<Record<string, unknown>>;

export const isShape = (value: unknown): value is Shape =>
	typeof value === "object" && value !== null && !Array.isArray(value);

export const shape = (value: unknown): Shape => (isShape(value) ? value : {});
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const optionalText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
export const count = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const texts = (value: unknown): readonly string[] => list(value).filter((item) => typeof item === "string");
