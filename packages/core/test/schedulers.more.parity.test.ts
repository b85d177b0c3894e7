import { fixtureBytes, fixtureJson } from '@spatiallock/fixtures';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../src/io/index.js';
import {
  applyStep,
  needsNoise,
  networkInput,
  type SamplerState,
  type SamplingPlan,
  type SchedulerConfig,
  schedulerFromConfig,
  startState,
} from '../src/schedulers/index.js';

type Settings = Readonly<Record<string, unknown>> & { readonly class: string };

const expected = readSafetensors(fixtureBytes('schedulers-more/expected.safetensors'));
const { common, schedulers } = fixtureJson('schedulers-more/config.json') as unknown as {
  readonly common: SchedulerConfig;
  readonly schedulers: Readonly<Record<string, Settings>>;
};

function configOf(name: string): SchedulerConfig {
  const { class: className, ...settings } = schedulers[name] as Settings;
  return {
    ...common,
    ...settings,
    _class_name: className.split(' ')[0],
    // What the numbers were made with; LCM has none of what changed since.
    _diffusers_version: '0.21.4',
  };
}

function reference(key: string): Float32Array {
  const data = expected[key]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`no fixture ${key}`);
  return data;
}

const cases = Object.keys(expected)
  .filter((key) => key.endsWith('.final'))
  .map((key) => key.slice(0, -'.final'.length))
  .map((key) => ({ key, name: key.replace(/\.\d+$/, ''), steps: Number(/\d+$/.exec(key)?.[0]) }));

/** Noise in the order drawn; of KDPM2 ancestral diffusers 0.21.4 draws for every call and uses every second. */
function noiseOf(key: string, name: string): (call: number) => Float32Array {
  const all = reference(`${key}.noise`);
  const count = all.length / 12;
  const drawn = Array.from({ length: count }, (_, i) => all.slice(12 * i, 12 * (i + 1)));
  let next = 0;
  return (call) => {
    const noise = drawn[name === 'kdpm2_a' ? call : next++];
    if (noise === undefined) throw new Error(`${key}: call ${call} asks for noise that was not drawn`);
    return noise;
  };
}

/** The network of the fixtures: 0.7 * sin(3 * scaled x + t / 500). */
function sample(plan: SamplingPlan, key: string, name: string): SamplerState[] {
  const start = Float32Array.from({ length: 12 }, (_, i) => -1 + (2 * i) / 11);
  const noise = plan.steps.some(needsNoise) ? noiseOf(key, name) : undefined;
  const states = [startState(plan, start)];
  for (const [call, step] of plan.steps.entries()) {
    const state = states.at(-1) as SamplerState;
    const output = networkInput(step, state).map((x) => 0.7 * Math.sin(3 * x + step.timestep / 500));
    states.push(applyStep(step, state, output, needsNoise(step) ? noise?.(call) : undefined));
  }
  return states;
}

function relativeError(actual: Float32Array, wanted: Float32Array): number {
  expect(actual.length).toBe(wanted.length);
  const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? Number.NaN))), 0) / largest;
}

describe('more schedulers give what diffusers 0.21.4 gives', () => {
  it('covers all fixtures', () => {
    expect(cases).toHaveLength(3 * Object.keys(schedulers).length + 3);
  });

  it.each(cases)('$key', ({ key, name, steps }) => {
    const plan = schedulerFromConfig(configOf(name)).plan(steps);
    const timesteps = reference(`${key}.timesteps`);
    const visited = Float32Array.from(plan.steps, ({ timestep }) => timestep);
    expect(visited).toHaveLength(timesteps.length);
    for (const [i, timestep] of visited.entries()) expect(timestep).toBeCloseTo(timesteps[i] as number, 2);
    const initNoiseSigma = reference(`${key}.init_noise_sigma`)[0] as number;
    // In float32 1 - alpha has few digits at timestep 0.
    expect(Math.abs(plan.initNoiseSigma / initNoiseSigma - 1)).toBeLessThan(2e-4);

    const states = sample(plan, key, name);
    expect(relativeError((states[1] as SamplerState).sample, reference(`${key}.after1`))).toBeLessThan(3e-5);
    // The network amplifies rounding from step to step when LCM jumps to the clean latents 25 times.
    const tolerance = name.startsWith('lcm') && steps === 25 ? 2e-3 : 1e-4;
    expect(relativeError((states.at(-1) as SamplerState).sample, reference(`${key}.final`))).toBeLessThan(
      tolerance,
    );
  });
});
