// Pictures from plan to disk, a batch at a time.

import type { Evaluator } from '@spatiallock/evaluation';
import { batchesOf, type SampledPicture, sampleBatch } from '@spatiallock/evaluation';
import { Interruption, isAbort } from './errors.js';
import { writeFiles } from './files.js';
import type { SourceRequest } from './pictureFlags.js';
import { type KeptPicture, keptPictures, type PlannedPicture } from './plan.js';
import type { Progress } from './progress.js';
import { type GenerationMetadata, type JudgedPicture, recordPicture } from './record.js';
import type { SamplingRequest } from './request.js';
import type { OpenModel } from './services.js';
import { matchPictures, type VerifyRequest, verifyPictures } from './verify.js';
import { batchWarnings, layoutWarning } from './warnings.js';

/** Pictures that are sampled at once. */
const BATCH = 8;

export interface PaintOptions {
  readonly sampling: SamplingRequest & SourceRequest;
  readonly verify?: VerifyRequest;
  /** Whether pictures that are there are painted anew, whatever made them. */
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly bar: Progress;
  /** Called for what was asked for and has no effect; for several pictures perhaps more than once. */
  readonly onWarning: (warning: string) => void;
  /** Called for each picture once it is on the disk, and for those that were there; in their order. */
  readonly onPicture: (record: GenerationMetadata, planned: PlannedPicture, kept: boolean) => void;
}

/**
 * Paints and writes every picture of the plan that is not there yet. Batches are those of a run from nothing, so that
 * pictures come out the same after an interruption. Rejects with an Interruption that tells how many are there.
 */
export async function paintPictures(
  { pipe, evaluator }: OpenModel,
  plan: readonly PlannedPicture[],
  options: PaintOptions,
): Promise<GenerationMetadata[]> {
  const { overwrite, signal, bar, onPicture } = options;
  const kept =
    overwrite || plan.length === 1 ? plan.map((): KeptPicture => undefined) : await keptPictures(plan);
  const records: GenerationMetadata[] = [];
  const done = (record: GenerationMetadata, planned: PlannedPicture, isKept: boolean): void => {
    records.push(record);
    onPicture(record, planned, isKept);
  };
  const layouts = plan.map(({ layout }) => layout);
  try {
    for (const batch of batchesOf(layouts, BATCH)) {
      const warnings = batchWarnings(batch.rows.length);
      const planned = plan.slice(batch.first, batch.first + batch.rows.length);
      const there = kept.slice(batch.first, batch.first + batch.rows.length);
      const onWarning = (warning: string): void => {
        options.onWarning(layoutWarning(warning).text);
        warnings.onWarning(warning);
      };
      const sampling = { ...options.sampling, batch: BATCH, signal, onWarning };
      const pictures = there.includes(undefined)
        ? await sampleBatch(pipe, batch, { ...sampling, onProgress: (at) => bar.update(at, 'painting') })
        : [];
      const again = async (first: SampledPicture, seed: number): Promise<SampledPicture> => {
        bar.update(batch.first, `painting seed ${seed}`);
        const alone = { first: 0, rows: [first.layout], size: 1, objectSlots: first.layout.objects.length };
        // The first attempt has warned of the same layout.
        return (await sampleBatch(pipe, alone, { ...sampling, seed, onWarning: undefined }))[0];
      };
      for (const [row, each] of planned.entries()) {
        const record = there[row];
        if (record !== undefined) {
          done(record, each, true);
          continue;
        }
        const [judged] = await judgePictures([pictures[row]], evaluator, options.verify, plan.length, again);
        const { record: made, files } = await recordPicture(judged, each, [...warnings.of[row]!]);
        await writeFiles(files);
        done(made, each, false);
      }
      signal.throwIfAborted();
    }
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) throw error;
    const written = kept.filter((record, i) => record !== undefined || i < records.length).length;
    throw interruption(written, plan.length, error);
  }
  return records;
}

async function judgePictures(
  firsts: readonly SampledPicture[],
  evaluator: Evaluator | undefined,
  verify: VerifyRequest | undefined,
  total: number,
  paint: (first: SampledPicture, seed: number) => Promise<SampledPicture>,
): Promise<JudgedPicture[]> {
  if (verify && evaluator) {
    const verified = await verifyPictures(firsts, evaluator, verify, total, paint);
    return verified.map((each) => ({ picture: each.picture, objects: each.objects, verified: each }));
  }
  const objects = await matchPictures(firsts, evaluator);
  return firsts.map((picture, i) => ({ picture, objects: objects[i] }));
}

function interruption(written: number, total: number, cause: unknown): Interruption {
  if (written === total) return new Interruption('all pictures were written', { cause });
  const more = total === 1 ? '' : '; the same command goes on from there';
  const there = written === 0 ? 'nothing was written' : `${written} of ${total} pictures are written${more}`;
  return new Interruption(there, { cause });
}
