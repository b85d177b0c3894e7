import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/io/index.js';
import {
  applyStep,
  networkInput,
  noiseSchedule,
  type SamplerState,
  type SamplingPlan,
  type SchedulerConfig,
  schedulerFromConfig,
  startState,
} from '../src/schedulers/index.js';

const expected = readSafetensors(fixtureBytes('diffusers-sd1/expected.safetensors'));
const config: SchedulerConfig = fixtureJson('diffusers-sd1/scheduler_config.json');

function reference(key: string): Float32Array {
  const data = expected[key]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`no fixture ${key}`);
  return data;
}

function plan(name: string, steps: number): SamplingPlan {
  return name === 'ddim_trailing'
    ? schedulerFromConfig({ ...config, timestep_spacing: 'trailing' }, 'ddim').plan(steps)
    : schedulerFromConfig(config, name).plan(steps);
}

/** The network of the fixtures: 0.7 * sin(3 * scaled x + t / 500). */
function sample(plan: SamplingPlan): Float32Array {
  const noise = Float32Array.from({ length: 12 }, (_, i) => -1 + (2 * i) / 11);
  let state: SamplerState = startState(plan, noise);
  for (const step of plan.steps) {
    const output = networkInput(step, state).map((x) => 0.7 * Math.sin(3 * x + step.timestep / 500));
    state = applyStep(step, state, output);
  }
  return state.sample;
}

function relativeError(actual: Float32Array, wanted: Float32Array): number {
  expect(actual.length).toBe(wanted.length);
  const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? Number.NaN))), 0) / largest;
}

const finals = Object.keys(expected)
  .map((key) => /^scheduler\.(\w+)\.(\d+)\.final$/.exec(key))
  .flatMap((match) => (match?.[1] && match[2] ? [{ name: match[1], steps: Number(match[2]) }] : []));

const timesteps = Object.keys(expected)
  .map((key) => /^((?:scheduler|loop)\.(\w+?)(?:\.(\d+))?)\.timesteps$/.exec(key))
  .flatMap((match) =>
    match?.[1] && match[2] ? [{ key: match[1], name: match[2], steps: Number(match[3] ?? 10) }] : [],
  );

describe('schedulers give what diffusers 0.21.4 gives', () => {
  it('covers all fixtures', () => {
    expect(finals).toHaveLength(28);
    expect(timesteps).toHaveLength(36);
  });

  it.each(finals)('$name ends where it should after $steps steps', ({ name, steps }) => {
    expect(
      relativeError(sample(plan(name, steps)), reference(`scheduler.${name}.${steps}.final`)),
    ).toBeLessThan(1e-4);
  });

  it.each(timesteps)('$key visits the same timesteps', ({ key, name, steps }) => {
    const visited = Float32Array.from(plan(name, steps).steps, (step) => step.timestep);
    expect(visited).toEqual(reference(`${key}.timesteps`));
  });

  it('has the same noise schedule', () => {
    const { alphasCumprod } = noiseSchedule(config);
    expect(
      relativeError(Float32Array.from(alphasCumprod), reference('scheduler.alphas_cumprod')),
    ).toBeLessThan(1e-6);
  });
});
