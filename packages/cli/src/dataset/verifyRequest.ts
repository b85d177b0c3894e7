// What `dataset --verify` is asked for.

import { showValue } from '@spatiallock/core/checks';
import { detectorHash, detectorName } from '../detectors.js';
import { InputError } from '../errors.js';
import { choice, type Flags, filled, number, text, wholeNumber } from '../flags.js';
import type { DetectorRequest } from '../services.js';
import type { Policy } from './paintBatch.js';

/** What becomes of pictures at fault. */
export const policies = ['keep', 'flag', 'drop'] as const satisfies readonly Policy[];

export interface VerifyRequest extends DetectorRequest {
  /** By class; the one without a name holds for all others. */
  readonly least: Readonly<Record<string, number>>;
  readonly otherwise: number;
  readonly retry: number;
  readonly failed: Policy;
  readonly unasked: Policy;
  /** Tells the detector's weights from others in a folder of that name. */
  readonly detectorHash?: string;
}

/** Reads --verify and the flags that need it; undefined without it. Throws an InputError that names the flag at fault. */
export async function readVerify(flags: Flags, cwd: string): Promise<VerifyRequest | undefined> {
  const name = filled(flags, 'verify');
  const retry = wholeNumber(flags, 'retry', { min: 0, max: 100 });
  const [failed, unasked] = [choice(flags, 'failed', policies), choice(flags, 'unasked', policies)];
  const [files, iou] = [text(flags, 'detector-files'), text(flags, 'min-iou')];
  if (name === undefined) {
    const idle = (['retry', 'failed', 'unasked', 'detector-files', 'min-iou'] as const).find((flag) =>
      flags.has(flag),
    );
    if (idle !== undefined) throw new InputError(`--${idle}: needs --verify`);
    return undefined;
  }
  const hash = await detectorHash({ files, cwd });
  return {
    name: detectorName(name),
    flag: '--verify',
    ...(files === undefined ? {} : { files }),
    cwd,
    ...readLeast(iou ?? '0.5', flags),
    retry: retry ?? 0,
    failed: failed ?? 'drop',
    unasked: unasked ?? 'flag',
    ...(hash === undefined ? {} : { detectorHash: hash }),
  };
}

/** "0.5", "dog=0.6" or both between commas. */
function readLeast(given: string, flags: Flags): Pick<VerifyRequest, 'least' | 'otherwise'> {
  const least: Record<string, number> = {};
  let otherwise = 0.5;
  const named = new Set<string>();
  for (const part of given.split(',')) {
    const at = part.lastIndexOf('=');
    const label = at < 0 ? '' : part.slice(0, at).trim();
    const value = number(new Map([...flags, ['min-iou', [part.slice(at + 1).trim()]]]), 'min-iou', {
      min: 0,
      max: 1,
    });
    if (named.has(label)) {
      const what = at < 0 ? 'the value for all classes' : showValue(label);
      throw new InputError(`--min-iou: ${what} is there twice; write 0.5,dog=0.6`);
    }
    named.add(label);
    if (at < 0) otherwise = value!;
    else least[label] = value!;
  }
  return { least, otherwise };
}
