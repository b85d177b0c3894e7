// `spatiallock dataset`: labelled pictures of one's own classes, judged, in the formats of detectors.

import type { DataIssue } from '@spatiallock/data';
import type { ArgsDef } from 'citty';
import { readFlags } from '../flags.js';
import { type Io, note, say } from '../io.js';
import { knownPlugins } from '../plugins/known.js';
import { withSettings } from '../plugins/settings.js';
import { progressBar } from '../progress.js';
import type { Services } from '../services.js';
import { issueLines } from '../trainIssues.js';
import { makeDataset } from './make.js';
import { datasetArgs, readDatasetRequest } from './request.js';

export { datasetArgs } from './request.js';

export async function dataset(words: readonly string[], given: Io, services: Services): Promise<void> {
  const known = await knownPlugins(words, given.cwd);
  const args: ArgsDef = withSettings(datasetArgs, known, ['call']);
  const flags = readFlags(words, args, 'spatiallock dataset');
  const issues: DataIssue[] = [];
  const request = await readDatasetRequest(flags, given.cwd, known, (issue) => issues.push(issue));
  const io: Io = { ...given, quiet: flags.has('quiet') };
  for (const line of io.quiet ? [] : issueLines(issues)) note(io, line);
  const bar = progressBar(io, request.layouts.length, 'loading');
  try {
    const records = await makeDataset(request, services, io, bar);
    bar.stop();
    const count = (verdict: string): number => records.filter((record) => record.verdict === verdict).length;
    say(
      io,
      `${request.folder}: ${count('kept')} pictures, ${count('flagged')} flagged, ${count('dropped')} dropped`,
    );
  } finally {
    bar.stop();
  }
}
