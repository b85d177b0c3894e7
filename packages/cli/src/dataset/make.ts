// A data set from its request: what is missing is painted, then all is labelled.

import { join } from 'node:path';
import type { OpenDetector } from '@spatiallock/core';
import { splitsOf } from '@spatiallock/data';
import { batchesOf } from '@spatiallock/evaluation';
import { lockFolder } from '@spatiallock/node';
import { Interruption, isAbort, keeping, reading } from '../errors.js';
import { writeFiles } from '../files.js';
import { settledSampling } from '../generate.js';
import type { Io } from '../io.js';
import { modelIdentity } from '../modelRecord.js';
import { moduleText } from '../plugins/moduleText.js';
import type { Progress } from '../progress.js';
import type { OpenModel, Services } from '../services.js';
import { type WarningNotes, warningNotes } from '../warnings.js';
import { assemble } from './assemble.js';
import { checkLayouts, noteUnjudged } from './checkLayouts.js';
import { judgeDuplicates } from './duplicates.js';
import { makeFolders, openFolder, removeUnfinished } from './folders.js';
import {
  type PaintBatchOptions,
  type PaintedPicture,
  paintBatch,
  type Verification,
  writePainted,
} from './paintBatch.js';
import { allRecords, findPainted } from './painted.js';
import { settleProvenance } from './provenance.js';
import { type BatchWork, paintByWorkers } from './queue.js';
import type { DatasetRecord } from './record.js';
import type { DatasetRequest } from './request.js';
import { refuseLayouts } from './sources.js';
import type { VerifyRequest } from './verifyRequest.js';

/** Paints what an earlier run has not, and writes labels, metadata and the page. Gives the records of all pictures. */
export async function makeDataset(
  request: DatasetRequest,
  services: Services,
  io: Io,
  bar: Progress,
): Promise<DatasetRecord[]> {
  const { folder } = request;
  const removeIfEmpty = await openFolder(folder);
  const unlock = await reading(() => lockFolder(folder), '--out: ');
  try {
    await removeUnfinished(request, io.signal);
    return await inFolder(request, services, io, bar);
  } finally {
    await unlock();
    await removeIfEmpty();
  }
}

async function inFolder(
  request: DatasetRequest,
  services: Services,
  io: Io,
  bar: Progress,
): Promise<DatasetRecord[]> {
  const { folder, verify } = request;
  const { signal } = io;
  const warnings = warningNotes(io, bar.pause);
  const open = await openModel(request, services, signal);
  let detector: OpenDetector | undefined;
  try {
    detector = verify && (await reading(() => services.openDetector(verify, request.model)));
    await checkLayouts(request, open, detector, { signal, bar });
    noteUnjudged(request, detector, warnings);
    const options = await batchOptions(request, open, detector, io);
    await settleProvenance(folder, options.provenance, request);
    const work = await paintAll(request, options, bar, warnings);
    const kept = 'all pictures are painted; the same command goes on with their labels';
    return await keeping(kept, async () => {
      const onRecords = (done: number): void => bar.update(done, 'labelling');
      const records = await allRecords(folder, work, signal, onRecords);
      return label(records, request, open.pipe.name, signal);
    });
  } finally {
    try {
      await detector?.dispose?.();
    } finally {
      await open.close();
    }
  }
}

/** Writes labels, metadata and the page of pictures that are painted. */
async function label(
  records: readonly DatasetRecord[],
  { folder, duplicates, formats, splits, labels, licence }: DatasetRequest,
  model: string,
  signal: AbortSignal,
): Promise<DatasetRecord[]> {
  const judged = await judgeDuplicates(folder, records, duplicates, signal);
  const names = splits.map(({ name }) => name);
  await assemble(judged, { folder, formats, splits: names, labels, licence, model, signal });
  // Here, for the charts take a third of a second to load.
  const { datasetPage } = await import('./page.js');
  await writeFiles([{ path: join(folder, 'statistics.html'), content: await datasetPage(folder, judged) }]);
  return judged;
}

/** Faults of layouts that are known already are said where the model cannot be opened. */
async function openModel(
  { model, prefix, faults }: DatasetRequest,
  services: Services,
  signal: AbortSignal,
): Promise<OpenModel> {
  try {
    return await reading(() => services.open(model, { needsDetector: false, signal }));
  } catch (error) {
    if (!signal.aborted) refuseLayouts(prefix, faults);
    throw error;
  }
}

async function batchOptions(
  request: DatasetRequest,
  { pipe, places }: OpenModel,
  detector: OpenDetector | undefined,
  { signal }: Io,
): Promise<Omit<PaintBatchOptions, 'splits'>> {
  const { layouts, batch, sampling, verify, licence, parts, settings, model } = request;
  return {
    ...{ pipe, sampling, signal },
    ...(detector && verify ? { verification: verificationOf(detector, verify) } : {}),
    total: layouts.length,
    batchSize: batch,
    provenance: {
      model: pipe.name,
      ...(await modelIdentity(places, parts)),
      ...settledSampling(pipe, sampling),
      ...settings,
      ...(model.precision === 'half' ? { precision: 'half' } : {}),
      ...(model.plugins ? { plugins: model.plugins.map(moduleText) } : {}),
      ...(licence === undefined ? {} : { licence }),
    },
  };
}

/** All pictures of a layout lie in one split. */
function splitsOfRows({ layouts, count, splits }: DatasetRequest): string[] {
  const perLayout = splitsOf(splits, layouts.length / count);
  return layouts.map((_, i) => perLayout[Math.floor(i / count)]!);
}

export const verificationOf = (detector: OpenDetector, verify: VerifyRequest): Verification => ({
  detector,
  least: (label) => (Object.hasOwn(verify.least, label) ? verify.least[label]! : verify.otherwise),
  ...{ retry: verify.retry, failed: verify.failed, unasked: verify.unasked },
});

/** Paints the batches that are missing; they are those of a run from nothing, so that pictures come out the same after an interruption. */
async function paintAll(
  request: DatasetRequest,
  options: Omit<PaintBatchOptions, 'splits'>,
  bar: Progress,
  { onWarning }: WarningNotes,
): Promise<BatchWork[]> {
  const { folder, layouts, batch, queue } = request;
  await makeFolders(request);
  const rows = layouts.map(({ layout }) => layout);
  const splits = splitsOfRows(request);
  const work = batchesOf(rows, batch).map((each): BatchWork => {
    const own = <T>(all: readonly T[]): T[] => all.slice(each.first, each.first + each.rows.length);
    return { batch: each, layouts: own(layouts), splits: own(splits) };
  });
  // Records stay on the disk until all are there: memory does not grow with the pictures.
  const done = new Set<BatchWork>();
  let pictures = 0;
  const finish = (each: BatchWork): void => {
    done.add(each);
    pictures += each.batch.rows.length;
  };
  const update = (more = 0): void => bar.update(Math.min(pictures + more, layouts.length), 'painting');
  const onChecked = (checked: number): void => bar.update(checked, 'checking pictures');
  const painted = await keeping('what is painted is kept; the same command goes on', () =>
    findPainted(folder, work, options.signal, onChecked),
  );
  painted.forEach(finish);
  const onDone = async (each: BatchWork, painted: readonly PaintedPicture[]): Promise<void> => {
    await writePainted(folder, painted);
    for (const { record } of painted) record.warnings?.forEach(onWarning);
    finish(each);
    update();
  };
  const left = work.filter((each) => !done.has(each));
  try {
    if (queue !== undefined) await paintByWorkers(queue, left, request, options, onDone, onWarning);
    else await paintHere(left, options, onDone, update);
  } catch (error) {
    if (!isAbort(error) && !options.signal.aborted) throw error;
    const more = `${pictures} of ${layouts.length} pictures are done; the same command goes on from there`;
    throw new Interruption(more, { cause: error });
  }
  return work;
}

async function paintHere(
  work: readonly BatchWork[],
  options: Omit<PaintBatchOptions, 'splits'>,
  onDone: (each: BatchWork, painted: readonly PaintedPicture[]) => Promise<void>,
  update: (more: number) => void,
): Promise<void> {
  for (const each of work) {
    options.signal.throwIfAborted();
    const onProgress = (done: number): void => update(done - each.batch.first);
    await onDone(
      each,
      await paintBatch(each.layouts, each.batch, { ...options, splits: each.splits, onProgress }),
    );
  }
}
