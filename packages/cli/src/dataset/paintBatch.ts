// Some layouts, of a data set to pictures and records: the unit of work that one process or many do.

import type { RgbImage } from '@spatiallock/core';
import { differenceHash, PNG_KEYWORD, withPngText } from '@spatiallock/data';
import { type Batch, type SampledPicture, sampleBatch } from '@spatiallock/evaluation';
import type { NamingDetector } from '../bench/labels.js';
import { type OutputFile, writeFiles } from '../files.js';
import { encodePicture } from '../picture.js';
import type { SamplingRequest } from '../request.js';
import type { Generator } from '../services.js';
import { isBetter, type Judgement, judgePicture, type LeastIou } from './judge.js';
import { type DatasetRecord, idOf, imagePath, recordPath, recordText, type Verdict } from './record.js';
import type { DatasetLayout } from './sources.js';

/** What becomes of a picture with a fault. */
export type Policy = 'keep' | 'flag' | 'drop';

export interface Verification {
  readonly detector: NamingDetector;
  readonly least: LeastIou;
  /** Further seeds that a picture is tried with. */
  readonly retry: number;
  readonly failed: Policy;
  readonly unasked: Policy;
}

export interface PaintBatchOptions {
  readonly folder: string;
  readonly pipe: Generator;
  readonly sampling: SamplingRequest;
  readonly verification?: Verification;
  /** Layouts of the whole data set: seeds of second attempts lie behind those of all first ones. */
  readonly total: number;
  readonly batchSize: number;
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

/** Paints, judges and writes the pictures of one batch; the same batch gives the same bytes, whoever does it. */
export async function paintBatch(
  layouts: readonly DatasetLayout[],
  batch: Batch,
  options: PaintBatchOptions,
): Promise<DatasetRecord[]> {
  const { pipe, sampling, batchSize, signal, onProgress } = options;
  const sampled = await sampleBatch(pipe, batch, { ...sampling, batch: batchSize, signal, onProgress });
  const records: DatasetRecord[] = [];
  for (const [row, picture] of sampled.entries()) {
    const index = batch.first + row;
    const { best, seeds } = await attempts(layouts[index]!, picture, options);
    records.push(await keep(layouts[index]!, index, best, seeds, options));
  }
  return records;
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

async function keep(
  { layout, labels }: DatasetLayout,
  index: number,
  { picture, judgement }: Attempt,
  seeds: readonly number[],
  { folder, verification, splits, provenance }: PaintBatchOptions,
): Promise<DatasetRecord> {
  const [id, split, { image, seed }] = [idOf(index), splits[index]!, picture];
  const { verdict, reasons } = verdictOf(judgement, verification);
  const record: DatasetRecord = {
    ...{ id, layout: index, split, prompt: layout.prompt },
    objects: layout.objects.map(({ phrase, box }, i) => ({
      ...{ label: labels[i]!, phrase, box },
      iou: judgement?.ious[i] ?? null,
    })),
    ...{ seed, attempts: seeds, verdict, reasons },
    unasked: (judgement?.unasked ?? []).map(({ label, box, score }) => ({ label, box, score })),
    ...{ width: image.width, height: image.height },
    ...(verdict === 'dropped' ? {} : { file: imagePath(split, id) }),
    hash: differenceHash(image),
  };
  const files: OutputFile[] = [{ path: recordPath(folder, id), content: recordText(record) }];
  if (record.file !== undefined) {
    const { bytes } = await encodePicture(image, 'png');
    const made = JSON.stringify({ prompt: layout.prompt, objects: layout.objects, seed, ...provenance });
    files.unshift({ path: `${folder}/${record.file}`, content: withPngText(bytes, PNG_KEYWORD, made) });
  }
  await writeFiles(files);
  return record;
}
