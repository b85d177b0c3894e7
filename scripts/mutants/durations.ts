// How long test files took when `npm run test:report` ran last, where it did.

import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

interface ReportedFile {
  readonly name: string;
  readonly startTime: number;
  readonly endTime: number;
}

/** The files with the fastest first; those of unknown length before all. */
export function fastestFirst(root: string, files: readonly string[]): string[] {
  const known = new Map(
    readReport(root).map(
      ({ name, startTime, endTime }) =>
        [relative(root, name).replaceAll('\\', '/'), endTime - startTime] as const,
    ),
  );
  return [...files].sort((a, b) => (known.get(a) ?? 0) - (known.get(b) ?? 0));
}

function readReport(root: string): readonly ReportedFile[] {
  try {
    return JSON.parse(readFileSync(join(root, 'artifacts', 'vitest.json'), 'utf8')).testResults ?? [];
  } catch {
    return [];
  }
}
