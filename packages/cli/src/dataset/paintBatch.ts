// Some layouts, of a data set to pictures and records: the unit of work that one process or many do.

import { join } from 'node:path';
import type { Detector, RgbImage } from '@spatiallock/core';
import { differenceHash, PNG_KEYWORD, withPngText } from '@spatiallock/data';
import { type Batch, type SampledPicture, sampleBatch } from '@spatiallock/evaluation';
import { type OutputFile, writeFiles } from '../files.js';
import { encodePicture } from '../picture.js';
import type { SamplingRequest } from '../request.js';
import type { Generator } from '../services.js';
import { batchWarnings, warningsField } from '../warnings.js';
import { isBetter, type Judgement, judgePicture, type LeastIou } from './judge.js';
import { type DatasetRecord, idOf, imagePath, recordPath, recordText, type Verdict } from './record.js';
import type { DatasetLayout } from './sources.js';

/** What becomes of a picture with a fault. */
export type Policy = 'keep' | 'flag' | 'drop';

export interface Verification {
  readonly detector: Pick<Detector, 'labels' | 'detect'>;
  readonly least: LeastIou;
  /** Further seeds that a picture is tried with. */
  readonly retry: number;
  readonly failed: Policy;
  readonly unasked: Policy;
}

export interface PaintBatchOptions {
  readonly pipe: Generator;
  readonly sampling: SamplingRequest;
  readonly verification?: Verification;
  /** Layouts of the whole data set: seeds of second attempts lie behind those of all first ones. */
  readonly total: number;
  readonly batchSize: number;
  /** The splits of the batch's rows. */
  readonly splits: readonly string[];
  /** What every picture says of its making. */
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly onProgress?: (pictures: number) => void;
}

interface Attempt {
  readonly picture: SampledPicture;
  readonly judgement?: Judgement;
}

/** A picture of a data set, before it is written. */
export interface PaintedPicture {
  readonly record: DatasetRecord;
  /** Bytes of the PNG file; absent where the picture is dropped. */
  readonly picture?: Uint8Array;
}

/**
 * Paints and judges the pictures of one batch; the same batch gives the same bytes on every machine. `layouts` are those of the
 * batch's rows, `batch.first` is their place in the whole data set.
 */
export async function paintBatch(
  layouts: readonly DatasetLayout[],
  batch: Batch,
  options: PaintBatchOptions,
): Promise<PaintedPicture[]> {
  const { pipe, sampling, batchSize, signal, onProgress } = options;
  const { of: warnings, onWarning } = batchWarnings(layouts.length);
  const listeners = { onProgress, onWarning };
  const sampled = await sampleBatch(pipe, batch, { ...sampling, batch: batchSize, signal, ...listeners });
  const painted: PaintedPicture[] = [];
  for (const [row, picture] of sampled.entries()) {
    const { best, seeds } = await attempts(layouts[row]!, picture, options);
    const place = { index: batch.first + row, split: options.splits[row]!, warnings: [...warnings[row]!] };
    painted.push(await finish(layouts[row]!, place, best, seeds, options));
  }
  return painted;
}

/** Writes painted pictures and their records into a data set's folder. */
export async function writePainted(folder: string, painted: readonly PaintedPicture[]): Promise<void> {
  for (const { record, picture } of painted) {
    const files: OutputFile[] = [{ path: recordPath(folder, record.id), content: recordText(record) }];
    // The record last: what it stands beside is complete.
    if (picture) files.unshift({ path: join(folder, record.file!), content: picture });
    await writeFiles(files);
  }
}

async function attempts(
  layout: DatasetLayout,
  first: SampledPicture,
  { pipe, sampling, verification, total, signal }: PaintBatchOptions,
): Promise<{ best: Attempt; seeds: number[] }> {
  if (verification === undefined) return { best: { picture: first }, seeds: [first.seed] };
  const { detector, least, retry, unasked } = verification;
  const judge = async (image: RgbImage): Promise<Judgement> =>
    judgePicture(layout, await detector.detect(image), detector.labels, least);
  const satisfies = ({ judgement }: Attempt): boolean =>
    judgement!.passed && (unasked === 'keep' || judgement!.unasked.length === 0);
  let best: Attempt = { picture: first, judgement: await judge(first.image) };
  const seeds = [first.seed];
  while (!satisfies(best) && seeds.length <= retry) {
    signal.throwIfAborted();
    const seed = first.seed + seeds.length * total;
    const alone: Batch = {
      first: 0,
      rows: [layout.layout],
      size: 1,
      objectSlots: layout.layout.objects.length,
    };
    const [picture] = await sampleBatch(pipe, alone, { ...sampling, seed, batch: 1, signal });
    seeds.push(seed);
    const next: Attempt = { picture: picture!, judgement: await judge(picture!.image) };
    if (isBetter(next.judgement!, best.judgement!, layout.labels, least)) best = next;
  }
  return { best, seeds };
}

const verdicts: Readonly<Record<Policy, Verdict>> = { keep: 'kept', flag: 'flagged', drop: 'dropped' };

function verdictOf(
  judgement: Judgement | undefined,
  verification: Verification | undefined,
): { verdict: Verdict; reasons: string[] } {
  if (!judgement || !verification) return { verdict: 'kept', reasons: [] };
  const faults = [
    ...(judgement.passed ? [] : [{ policy: verification.failed, reason: 'an object misses its box' }]),
    ...(judgement.unasked.length === 0
      ? []
      : [{ policy: verification.unasked, reason: 'shows objects that nobody asked for' }]),
  ];
  const order: readonly Policy[] = ['keep', 'flag', 'drop'];
  const worst = Math.max(0, ...faults.map(({ policy }) => order.indexOf(policy)));
  return { verdict: verdicts[order[worst]!], reasons: faults.map(({ reason }) => reason) };
}

interface Place {
  readonly index: number;
  readonly split: string;
  readonly warnings: readonly string[];
}

async function finish(
  { layout, labels, index: ofLayout, source }: DatasetLayout,
  { index, split, warnings }: Place,
  { picture, judgement }: Attempt,
  seeds: readonly number[],
  { verification, provenance }: PaintBatchOptions,
): Promise<PaintedPicture> {
  const [id, { image, seed }] = [idOf(index), picture];
  const { verdict, reasons } = verdictOf(judgement, verification);
  const record: DatasetRecord = {
    ...{ id, layout: ofLayout, split, prompt: layout.prompt },
    ...(source === undefined ? {} : { source }),
    objects: layout.objects.map(({ phrase, box }, i) => ({
      ...{ label: labels[i]!, phrase, box },
      iou: judgement?.ious[i] ?? null,
    })),
    ...{ seed, attempts: seeds, verdict, reasons },
    unasked: (judgement?.unasked ?? []).map(({ label, box, score }) => ({ label, box, score })),
    ...{ width: image.width, height: image.height },
    ...(verdict === 'dropped' ? {} : { file: imagePath(split, id) }),
    ...warningsField(warnings),
    ...{ hash: differenceHash(image), provenance },
  };
  if (record.file === undefined) return { record };
  const { bytes } = await encodePicture(image, 'png');
  const made = JSON.stringify({
    ...layout,
    seed,
    ...(source === undefined ? {} : { source }),
    ...provenance,
  });
  return { record, picture: withPngText(bytes, PNG_KEYWORD, made) };
}
