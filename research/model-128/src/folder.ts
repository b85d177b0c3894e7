import { fileURLToPath } from 'node:url';

/** The path of a folder of this workspace. */
export const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
