// The reference ControlNet, numbers that diffusers gives for it, and its files as a source.

import { readFileSync } from 'node:fs';
import type { FileSource } from '@spatiallock/core';
import { readSafetensors } from '@spatiallock/core/io';

export const fixtureBytes = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

export const fixtureJson = (name: string): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(fixtureBytes(name)));

export const expected = readSafetensors(fixtureBytes('expected.safetensors'));

const WEIGHTS = 'diffusion_pytorch_model.safetensors';

/** The reference ControlNet's directory; `config` replaces fields, `weights` the file. */
export function controlNetFiles(
  config: Readonly<Record<string, unknown>> = {},
  weights = fixtureBytes(WEIGHTS),
): FileSource {
  const json = new TextEncoder().encode(JSON.stringify({ ...fixtureJson('config.json'), ...config }));
  return {
    async read(path) {
      if (path === 'config.json') return json;
      return path === WEIGHTS ? weights : undefined;
    },
  };
}

/** The largest difference, as a share of the largest number that is wanted. */
export function worst(given: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const most = Math.max(...Array.from(wanted, Math.abs));
  if (given.length !== wanted.length) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from(given, (x, i) => Math.abs(x - wanted[i]))) / most;
}
