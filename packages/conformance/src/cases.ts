import { composites, type Op, primitives, topological } from '@spatiallock/core/backend';
import { checkBackend, checkKeys, checkList, checkMethods } from '@spatiallock/core/checks';
import type { Case, ConformanceOptions } from './case.js';
import { chainSpecimens, compositeSpecimens } from './composites.js';
import { contractCases } from './contract.js';
import { networkCases } from './networks.js';
import { pictureCases } from './picture.js';
import { primitiveSpecimens } from './primitives.js';
import { forwardCases, gradientCases, posed, type Specimen } from './specimen.js';
import { trainingCases } from './training.js';

/**
 * Everything that a backend must do right: each op, each gradient, chains of ops, networks, training, a picture
 * and the contract of `Backend` and `Executable`. Throws if core has an op that no case computes.
 */
export function conformanceCases(options: ConformanceOptions = {}): Case[] {
  checkKeys(options, ['fixtures'], 'options');
  const { fixtures } = options;
  const all = { ...primitiveSpecimens, ...compositeSpecimens };
  checkCoverage(all, { ...primitives, ...composites });
  const groups = [...Object.entries(all), ['chain', chainSpecimens] as const];
  return [
    ...groups.flatMap(([name, specimens]) => forwardCases(name, specimens)),
    ...groups.flatMap(([name, specimens]) => gradientCases(name, specimens)),
    ...contractCases,
    ...trainingCases,
    ...(fixtures ? [...networkCases(fixtures), ...pictureCases(fixtures)] : []),
  ];
}

/** Throws unless every op has specimens, and these compute it. */
export function checkCoverage(
  specimens: Readonly<Record<string, readonly Specimen[]>>,
  ops: Readonly<Record<string, Op>>,
): void {
  for (const name of Object.keys(ops)) {
    const own = specimens[name] ?? [];
    const computes = (one: Specimen) => topological([posed(one).y]).some((value) => value.op.name === name);
    if (own.length === 0 || !own.every(computes)) {
      throw new Error(`conformance: the op ${name} has no case that computes it; add one to its specimens`);
    }
  }
}

/** Runs every case and tells of each that failed, with what it said. */
export async function failures(
  cases: readonly Case[],
  backend: Parameters<Case['run']>[0],
): Promise<{ readonly name: string; readonly error: unknown }[]> {
  checkList(cases, 'cases', 'cases').forEach(
    (each, i) => void checkMethods(each, ['run'], `cases[${i}]`, 'a case, as conformanceCases() gives'),
  );
  checkBackend(backend);
  const failed: { name: string; error: unknown }[] = [];
  for (const { name, run } of cases) {
    try {
      await run(backend);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return failed;
}
