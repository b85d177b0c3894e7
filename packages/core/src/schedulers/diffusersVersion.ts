// What changed between versions of diffusers, by the version that a scheduler_config.json was written with.

import type { SchedulerConfig } from './config.js';

export interface DiffusersEra {
  /** DPM-Solver schedulers end at sigma 0 unless the config says otherwise: since 0.26. */
  readonly endsAtZero: boolean;
  /** DPM-Solver schedulers know noise levels at whole timesteps only, also with Karras sigmas: before 0.22. */
  readonly wholeLevels: boolean;
}

const TODAY: DiffusersEra = { endsAtZero: true, wholeLevels: false };

/**
 * The era of a config: today's where it gives no version, or where it has `final_sigmas_type`, which came with 0.26.
 */
export function eraOf(config: SchedulerConfig): DiffusersEra {
  if ((config.final_sigmas_type ?? undefined) !== undefined) return TODAY;
  const version = config._diffusers_version;
  const match = typeof version === 'string' ? /^(\d+)\.(\d+)/.exec(version) : null;
  if (match === null || Number(match[1]) > 0) return TODAY;
  const minor = Number(match[2]);
  return { endsAtZero: minor >= 26, wholeLevels: minor < 22 };
}
