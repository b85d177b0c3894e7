// Which lines a change touches, as git tells.

import { execFileSync } from 'node:child_process';

/** Line numbers, from 1, by file. */
export type ChangedLines = ReadonlyMap<string, ReadonlySet<number>>;

/** Undefined where git knows no such revision, as in a shallow clone or outside a repository. */
export function changedLines(root: string, base: string): ChangedLines | undefined {
  const from = git(root, 'merge-base', base, 'HEAD')?.trim();
  const diff =
    from && git(root, 'diff', '--unified=0', '--no-color', '--no-ext-diff', from, '--', 'packages');
  return diff === undefined ? undefined : linesOf(diff);
}

/** The revision that `--changed` compares with: main where this is not main itself, else the commit before. */
export function defaultBase(root: string): string {
  const head = git(root, 'rev-parse', 'HEAD')?.trim();
  const bases = ['origin/main', 'main'].filter((name) => {
    const commit = git(root, 'merge-base', name, 'HEAD')?.trim();
    return commit !== undefined && commit !== head;
  });
  return bases[0] ?? 'HEAD~1';
}

function git(root: string, ...words: string[]): string | undefined {
  try {
    return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 });
  } catch {
    return undefined;
  }
}

/** Reads a diff without context. */
export function linesOf(diff: string): ChangedLines {
  const found = new Map<string, Set<number>>();
  let lines = new Set<number>();
  for (const line of diff.split('\n')) {
    const file = /^\+\+\+ b\/(.+)$/.exec(line)?.[1];
    if (file !== undefined) {
      lines = new Set();
      found.set(file, lines);
    }
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk) continue;
    const [first, count] = [Number(hunk[1]), Number(hunk[2] ?? 1)];
    for (let i = 0; i < count; i++) lines.add(first + i);
  }
  return found;
}

/** Reads `file:line,file:line`. Throws where a place is not written so. */
export function linesAt(places: string): ChangedLines {
  const found = new Map<string, Set<number>>();
  for (const place of places.split(',')) {
    const [, file, line] = /^(.+):([1-9]\d*)$/.exec(place.trim()) ?? [];
    if (file === undefined) throw new Error(`at: '${place}' must be written FILE:LINE`);
    found.set(file, (found.get(file) ?? new Set()).add(Number(line)));
  }
  return found;
}
