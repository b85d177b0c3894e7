// `spatiallock dataset`: labelled pictures of one's own classes, judged, in the formats of detectors.

import type { DataIssue } from '@spatiallock/data';
import type { ArgsDef } from 'citty';
import { counted } from '../counted.js';
import { readFlags } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { knownPlugins } from '../plugins/known.js';
import { withSettings } from '../plugins/settings.js';
import { progressBar } from '../progress.js';
import type { Services } from '../services.js';
import { issueLines } from '../trainIssues.js';
import { makeDataset } from './make.js';
import type { DatasetRecord } from './record.js';
import { type DatasetRequest, datasetArgs, readDatasetRequest } from './request.js';

export { datasetArgs } from './request.js';

export async function dataset(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const args: ArgsDef = withSettings(datasetArgs, known, ['call']);
  const flags = readFlags(words, args, 'spatiallock dataset');
  const issues: DataIssue[] = [];
  const request = await readDatasetRequest(flags, given.cwd, known, (issue) => issues.push(issue));
  const io: Io = { ...given, quiet: flags.has('quiet') };
  for (const line of io.quiet ? [] : [...issueLines(issues), ...request.notes]) note(io, line);
  const bar = progressBar(io, request.layouts.length, 'loading');
  try {
    const records = await makeDataset(request, services, io, bar);
    bar.stop();
    for (const line of io.quiet ? [] : summaryNotes(records, request)) note(io, line);
    say(io, `${request.folder}: ${summary(records)}`);
  } finally {
    bar.stop();
  }
}

const has = (record: DatasetRecord): boolean => record.file !== undefined;

/** `9 pictures, 1 of them flagged; 2 dropped` */
function summary(records: readonly DatasetRecord[]): string {
  const flagged = records.filter(({ verdict }) => verdict === 'flagged').length;
  const shown = records.filter(has).length;
  return `${counted(shown, 'picture')}, ${flagged} of them flagged; ${records.length - shown} dropped`;
}

/** What a data set lacks that its user may have counted on. */
function summaryNotes(records: readonly DatasetRecord[], { splits }: DatasetRequest): string[] {
  if (!records.some(has)) {
    return [
      'warning: every picture was dropped; try more with --retry, lower --min-iou, or see why in records.jsonl',
    ];
  }
  return splits
    .filter(({ name }) => !records.some((record) => has(record) && record.split === name))
    .map(({ name }) => `warning: --splits: ${name} holds no picture; paint more, or give it a larger share`);
}
