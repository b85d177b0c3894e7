// Which mutants of which areas are tried.

import { type Area, filesOf } from './areas.js';
import type { ChangedLines } from './changed.js';
import { readKnown, withoutKnown } from './known.js';
import { type Mutant, mutantsOf } from './mutate.js';
import { type TypedSources, typedSources } from './program.js';
import { sampleOf, shuffled } from './sample.js';

/** Areas in which the lines of one change are mutated. */
const AREAS_AT_ONCE = 3;

export interface PlanOptions {
  readonly areas: readonly Area[];
  /** Mutants of each area; where `lines` are given, of all areas that are looked at together. */
  readonly count: number;
  readonly seed: number;
  /** The only lines that are mutated; default all. */
  readonly lines?: ChangedLines;
}

export interface Planned {
  readonly area: Area;
  readonly mutants: readonly Mutant[];
}

export function planOf(root: string, { areas, count, seed, lines }: PlanOptions): Planned[] {
  const all = areas.map((area) => ({
    area,
    files: filesOf(root, area.sources).filter((file) => !lines || lines.has(file)),
  }));
  const touched = all.filter(({ files }) => files.length > 0);
  // A change that touches many areas is looked at in a few: each costs a run of its tests without mutants.
  const chosen = lines ? shuffled(touched, seed).slice(0, AREAS_AT_ONCE) : touched;
  if (chosen.length === 0) return [];
  const sources = typedSources(
    root,
    chosen.flatMap(({ files }) => files),
  );
  const planned = chosen.map(({ area, files }) => ({ area, mutants: candidates(files, sources, lines) }));
  if (!lines) return planned.map(({ area, mutants }) => ({ area, mutants: sampleOf(mutants, count, seed) }));
  const together = planned.flatMap(({ mutants }) => mutants);
  const sample = new Set(sampleOf(together, count, seed));
  return planned.map(({ area, mutants }) => ({
    area,
    mutants: mutants.filter((mutant) => sample.has(mutant)),
  }));
}

function candidates(files: readonly string[], sources: TypedSources, lines?: ChangedLines): Mutant[] {
  const known = readKnown();
  const mutants = files.flatMap((file) =>
    withoutKnown(mutantsOf(file, sources), sources.source(file).text, known),
  );
  return lines ? mutants.filter(({ file, line }) => lines.get(file)?.has(line)) : mutants;
}
