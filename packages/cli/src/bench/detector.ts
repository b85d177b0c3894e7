// The detector that `bench` judges with.

import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Backend, messageOf } from '@spatiallock/core';
import { centerDetector, nanodet } from '@spatiallock/detectors';
import { directory } from '@spatiallock/node';
import { labelOf } from '@spatiallock/scenes';
import { judgeDirectory } from '../detectorWeights.js';
import { InputError, reading } from '../errors.js';
import type { DetectorRequest, OpenDetector } from '../services.js';

/** What a module's default export may be besides a detector. */
type DetectorFactory = (context: { readonly backend: Backend }) => OpenDetector | Promise<OpenDetector>;

/**
 * Opens `center` (the scenes' classes), `nanodet` (COCO's classes, from the folder `files`) or a module, a path or a
 * package's name, whose default export is a detector or makes one of `{ backend }`.
 */
export async function openDetector(
  { name, files, cwd }: DetectorRequest,
  backend: Backend,
): Promise<OpenDetector> {
  if (files !== undefined && name !== 'nanodet') {
    throw new InputError('--detector-files: belongs to --detector nanodet; leave it out');
  }
  if (name === 'center') {
    const detector = await centerDetector({ backend, files: directory(judgeDirectory) });
    return { ...detector, labelOf };
  }
  if (name !== 'nanodet') return openModule(name, cwd, backend);
  if (files === undefined) {
    throw new InputError('--detector: nanodet needs --detector-files DIR with nanodet.json and nanodet.bin');
  }
  const folder = resolve(cwd, files);
  return reading(() => nanodet({ backend, files: directory(folder) }), `--detector-files: ${folder}: `);
}

async function openModule(name: string, cwd: string, backend: Backend): Promise<OpenDetector> {
  const isPath = /^[./]|\.[cm]?[jt]s$/.test(name);
  const prefix = `--detector: ${name}: `;
  const address = isPath ? pathToFileURL(resolve(cwd, name)).href : await packageAddress(name, cwd);
  const module = (await import(address).catch((cause: unknown) => {
    throw new InputError(`${prefix}cannot be loaded: ${messageOf(cause)}`, { cause });
  })) as { readonly default?: unknown };
  const made: unknown =
    typeof module.default === 'function'
      ? await reading(() => (module.default as DetectorFactory)({ backend }), prefix)
      : module.default;
  const detector = made as OpenDetector | undefined;
  const known = Array.isArray(detector?.labels) && typeof detector?.detect === 'function';
  if (known) return detector!;
  throw new InputError(
    `${prefix}its default export must be a detector, { labels, detect }, or a function that makes one of { backend }`,
  );
}

/** A package is looked for from the folder where the command runs. */
async function packageAddress(name: string, cwd: string): Promise<string> {
  const { createRequire } = await import('node:module');
  try {
    return pathToFileURL(createRequire(join(cwd, 'package.json')).resolve(name)).href;
  } catch (cause) {
    throw new InputError(`--detector: ${name} is neither center, nanodet, a file nor an installed package`, {
      cause,
    });
  }
}
