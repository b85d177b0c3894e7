import { describe, expect, it } from 'vitest';
import {
  addNoise,
  applyStep,
  denoisedSample,
  needsNoise,
  networkInput,
  noiseLevel,
  noiseSchedule,
  type SamplerState,
  type SchedulerConfig,
  scheduleFromConfig,
  schedulerFromConfig,
  schedulerNames,
  startState,
  trainingTarget,
  velocity,
} from '../src/schedulers/index.js';

const base: SchedulerConfig = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  steps_offset: 1,
  set_alpha_to_one: true,
  final_sigmas_type: 'zero',
};
/** Schedulers with a most number of steps of their own. */
const mostSteps = (name: string) => (['lcm', 'tcd'].includes(name) ? 50 : 1000);
describe('the noise schedule of a chosen scheduler', () => {
  it('is the one that the plan follows', () => {
    const file = { ...base, _class_name: 'PNDMScheduler', prediction_type: 'v_prediction' };
    expect(scheduleFromConfig(file)).toEqual(noiseSchedule(file));
    expect(scheduleFromConfig(file, 'ddim')).toEqual(noiseSchedule(file));
    const settings = { _class_name: 'DDIMScheduler', rescale_betas_zero_snr: true };
    const { alphasCumprod } = scheduleFromConfig(file, settings);
    expect(alphasCumprod).toEqual(noiseSchedule({ ...file, ...settings }).alphasCumprod);
    expect([alphasCumprod.at(-1), noiseSchedule(file).alphasCumprod.at(-1)! > 0]).toEqual([0, true]);
    expect(() => scheduleFromConfig(file, 'none')).toThrow('scheduler: "none" is not known');
  });
});

const clean = Float32Array.from([0.5, -1.25, 2, 0.125]);
const noise = Float32Array.from([1, -0.5, 0.25, 1.5]);
const predictionTypes = ['epsilon', 'v_prediction', 'sample'] as const;

/** Samples with a network that knows the clean latents and answers in its prediction type. */
function sampleWithOracle(config: SchedulerConfig, name: string, steps: number): Float32Array {
  const schedule = noiseSchedule(config);
  const plan = schedulerFromConfig(config, name).plan(steps);
  let state: SamplerState = startState(plan, noise);
  for (const step of plan.steps) {
    const low = Math.floor(step.timestep);
    const ratio = (t: number) => {
      const alpha = Math.max(schedule.alphasCumprod[t] ?? 1, 2 ** -24);
      return Math.sqrt((1 - alpha) / alpha);
    };
    const sigma = ratio(low) + (step.timestep - low) * (ratio(Math.min(low + 1, 999)) - ratio(low));
    const level = { signal: 1 / Math.hypot(1, sigma), noise: sigma / Math.hypot(1, sigma) };
    const input = networkInput(step, state);
    const epsilon = input.map((x, i) => (x - level.signal * (clean[i] ?? 0)) / level.noise);
    const output = trainingTarget(schedule.predictionType, level, clean, epsilon);
    expect(denoisedSample(step, state, output)).toEqual(expect.any(Float32Array));
    state = applyStep(step, state, output, new Float32Array(4));
  }
  return state.sample;
}

function expectClose(actual: Float32Array, wanted: Float32Array, tolerance: number): void {
  for (const [i, x] of wanted.entries())
    expect(Math.abs((actual[i] ?? Number.NaN) - x)).toBeLessThan(tolerance);
}

describe('every scheduler', () => {
  // DEIS ends at timestep 0, where a share of 0.03 of the noise is left; TCD at that level as well.
  const endNoise = (name: string) => (['deis', 'tcd'].includes(name) ? 0.06 : 1e-3);
  const names = schedulerNames.filter((name) => name !== 'pndm');
  const cases = names.flatMap((name) => predictionTypes.map((type) => ({ name, type })));

  it.each(cases)('$name finds the picture that a perfect $type network knows', ({ name, type }) => {
    for (const spacing of ['leading', 'trailing', 'linspace']) {
      const config = { ...base, prediction_type: type, timestep_spacing: spacing, use_karras_sigmas: false };
      expectClose(sampleWithOracle(config, name, 12), clean, endNoise(name));
    }
  });

  it.each(['epsilon', 'sample'])(
    'pndm finds the picture that a perfect %s network knows',
    (prediction_type) => {
      const config = { ...base, prediction_type, timestep_spacing: 'leading' };
      expectClose(sampleWithOracle(config, 'pndm', 12), clean, 1e-3);
    },
  );

  it.each(schedulerNames)('%s copes with zero signal at the last timestep', (name) => {
    const config = {
      ...base,
      prediction_type: 'v_prediction',
      timestep_spacing: 'trailing',
      rescale_betas_zero_snr: true,
    };
    expectClose(sampleWithOracle(config, name, 12), clean, Math.max(5e-3, endNoise(name)));
  });

  it.each(schedulerNames)('%s plans finite numbers, also with as many steps as timesteps', (name) => {
    const spacings = ['leading', 'trailing', 'linspace'];
    const most = mostSteps(name);
    for (const [i, steps] of [1, 2, 3, 30, most, most, most].entries()) {
      const config = { ...base, timestep_spacing: spacings[i % 3] };
      const { initNoiseSigma, steps: planned } = schedulerFromConfig(config, name).plan(steps);
      const numbers = planned.flatMap((step) => [
        step.timestep,
        step.inputScale,
        ...Object.values(step.next).flatMap((combination) => Object.values(combination)),
      ]);
      expect([initNoiseSigma, ...numbers].every(Number.isFinite)).toBe(true);
      expect(planned.every(({ timestep }) => timestep >= 0 && timestep <= 999)).toBe(true);
    }
  });

  it.each(schedulerNames)('%s refuses impossible numbers of steps', (name) => {
    const scheduler = schedulerFromConfig(base, name);
    for (const steps of [0, -1, 2.5, 1001, Number.NaN]) {
      expect(() => scheduler.plan(steps)).toThrow(
        `steps: must be a whole number of 1 to ${mostSteps(name)}, got ${steps}`,
      );
    }
  });

  it.each(schedulerNames)('%s plans the same numbers again', (name) => {
    const scheduler = schedulerFromConfig(base, name);
    expect(scheduler.plan(9)).toEqual(scheduler.plan(9));
  });
});

describe('accuracy', () => {
  // A network whose probability flow bends, so that the order of a method shows.
  function sample(name: string, steps: number, settings: SchedulerConfig = {}): Float32Array {
    const plan = schedulerFromConfig({ ...base, ...settings }, name).plan(steps);
    let state: SamplerState = startState(plan, noise);
    for (const step of plan.steps) {
      state = applyStep(
        step,
        state,
        networkInput(step, state).map((x) => 0.7 * Math.sin(x)),
      );
    }
    return state.sample;
  }
  const distance = (a: Float32Array, b: Float32Array) =>
    Math.hypot(...a.map((x, i) => x - (b[i] ?? Number.NaN)));

  it.each([
    ['dpmpp_2m', {}],
    ['dpmpp_2m', { solver_type: 'heun' }],
    ['unipc', { solver_order: 1 }],
    ['unipc', { solver_order: 2 }],
    ['unipc', { solver_order: 2, solver_type: 'bh1' }],
    ['unipc', { solver_order: 3 }],
    ['unipc', { solver_order: 3, solver_type: 'bh1' }],
  ])('%s with %o is nearer to the limit than a method of order 1', (name, settings) => {
    const at = { timestep_spacing: 'linspace', ...settings };
    const limit = sample('unipc', 999, at);
    const firstOrder = sample('DPMSolverMultistepScheduler', 20, {
      ...at,
      solver_order: 1,
      solver_type: 'midpoint',
    });
    expect(distance(sample(name, 20, at), limit)).toBeLessThan(0.6 * distance(firstOrder, limit));
  });

  it('order 1 without correction is DDIM between the same timesteps', () => {
    const config = {
      ...base,
      timestep_spacing: 'trailing',
      solver_order: 1,
      disable_corrector: [...Array(20).keys()],
    };
    const firstOrder = sample('DPMSolverMultistepScheduler', 20, config);
    expectClose(sample('unipc', 20, config), firstOrder, 1e-6);
    expectClose(sample('ddim', 20, config), firstOrder, 1e-5);
  });
});

describe('DDPM and DDIM with noise', () => {
  const twoSteps = { trained_betas: [0.1, 0.2], prediction_type: 'sample' };

  it('DDPM follows equations 6 and 7 of its paper', () => {
    const [first, last] = schedulerFromConfig(twoSteps, 'ddpm').plan(2).steps;
    expect(first?.timestep).toBe(1);
    expect(first?.next.sample.output).toBeCloseTo((Math.sqrt(0.9) * 0.2) / 0.28, 12);
    expect(first?.next.sample.sample).toBeCloseTo((Math.sqrt(0.8) * 0.1) / 0.28, 12);
    expect(first?.next.sample.noise).toBeCloseTo(Math.sqrt((0.1 / 0.28) * 0.2), 12);
    expect(last?.next.sample).toEqual({ output: expect.closeTo(1, 12) });
  });

  it('DDPM takes the larger variance when asked', () => {
    const config = { ...twoSteps, variance_type: 'fixed_large' };
    expect(schedulerFromConfig(config, 'ddpm').plan(2).steps[0]?.next.sample.noise).toBeCloseTo(
      Math.sqrt(0.2),
      12,
    );
  });

  it('DDIM with eta 1 is DDPM', () => {
    const config = { ...base, beta_schedule: 'linear' };
    const ddpm = schedulerFromConfig(config, 'ddpm').plan(20).steps;
    const ddim = schedulerFromConfig({ ...config, eta: 1 }, 'ddim').plan(20).steps;
    for (const [i, step] of ddim.slice(0, -1).entries()) {
      for (const name of ['sample', 'output', 'noise']) {
        expect(step.next.sample[name]).toBeCloseTo(ddpm[i]?.next.sample[name] ?? Number.NaN, 10);
      }
    }
  });

  it('asks for noise only where it is used', () => {
    expect(schedulerFromConfig(base, 'ddim').plan(5).steps.some(needsNoise)).toBe(false);
    const steps = schedulerFromConfig({ ...base, steps_offset: 0 }, 'ddpm').plan(5).steps;
    expect(steps.map(needsNoise)).toEqual([true, true, true, true, false]);
  });

  it('visits the timesteps that its config names in a plan of as many steps, and its own in others', () => {
    const trailing = { ...base, timestep_spacing: 'trailing' };
    const named = [999, 833, 499, 249];
    const custom = schedulerFromConfig({ ...trailing, timesteps: named }, 'ddim');
    expect(custom.plan(4).steps.map(({ timestep }) => timestep)).toEqual(named);
    expect(custom.plan(4, 2).steps).toEqual(custom.plan(4).steps.slice(2));
    expect(custom.plan(5)).toEqual(schedulerFromConfig(trailing, 'ddim').plan(5));
    const even = [999, 749, 499, 249];
    const same = schedulerFromConfig({ ...trailing, timesteps: even }, 'ddim').plan(4);
    expect(same).toEqual(schedulerFromConfig(trailing, 'ddim').plan(4));
  });

  it.each([
    [[999, 999], 'scheduler config: timesteps must fall, got 999, 999'],
    [[1000, 1], 'scheduler config: timesteps must be a list of up to 1000 whole numbers of 0 to 999 each'],
    [[9.5], 'scheduler config: timesteps must be a list of up to 1000 whole numbers of 0 to 999 each'],
  ])('refuses the timesteps %j', (timesteps, message) => {
    expect(() => schedulerFromConfig({ ...base, timesteps }, 'ddim')).toThrow(message);
  });

  it('says which vector is missing or of another length', () => {
    const [step] = schedulerFromConfig(base, 'ddpm').plan(5).steps;
    if (step === undefined) throw new Error('no step');
    expect(() => applyStep(step, { sample: noise }, noise)).toThrow('"noise", which was not given');
    expect(() => applyStep(step, { sample: noise }, new Float32Array(3))).toThrow('output has 3 numbers');
  });
});

describe('noise schedules', () => {
  it('linear and cosine begin with nearly all signal and fall', () => {
    for (const beta_schedule of ['linear', 'scaled_linear', 'squaredcos_cap_v2']) {
      const { alphasCumprod } = noiseSchedule({ ...base, beta_schedule });
      expect(alphasCumprod[0]).toBeGreaterThan(0.99);
      expect(alphasCumprod.every((a, t) => t === 0 || a < (alphasCumprod[t - 1] ?? 0))).toBe(true);
    }
    const cosine = noiseSchedule({ beta_schedule: 'squaredcos_cap_v2' }).alphasCumprod;
    const f = (t: number) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    expect(cosine[499]).toBeCloseTo(f(0.5) / f(0), 10);
  });

  it('rescaling leaves no signal at the end and the first timestep as it was', () => {
    const plain = noiseSchedule(base).alphasCumprod;
    const rescaled = noiseSchedule({ ...base, rescale_betas_zero_snr: true }).alphasCumprod;
    expect(rescaled[999]).toBe(0);
    expect(rescaled[0]).toBeCloseTo(plain[0] ?? 0, 12);
  });

  it('noise, velocity and the sample go together', () => {
    const level = noiseLevel(noiseSchedule(base), 400);
    const noisy = addNoise(level, clean, noise);
    const v = velocity(level, clean, noise);
    expectClose(
      noisy.map((x, i) => level.signal * x - level.noise * (v[i] ?? 0)),
      clean,
      1e-6,
    );
    expectClose(
      noisy.map((x, i) => level.noise * x + level.signal * (v[i] ?? 0)),
      noise,
      1e-6,
    );
  });
});

describe('a scheduler chosen over that of a config', () => {
  const config = {
    ...base,
    _class_name: 'DPMSolverMultistepScheduler',
    use_karras_sigmas: true,
    algorithm_type: 'sde-dpmsolver++',
    solver_order: 2,
    lambda_min_clipped: null,
  };

  it('leaves out what belongs to the class of the config', () => {
    expect(schedulerFromConfig(config, 'ddim').plan(5)).toEqual(schedulerFromConfig(base, 'ddim').plan(5));
    expect(schedulerFromConfig(config, { _class_name: 'DDIMScheduler', eta: 1 }).plan(5)).toEqual(
      schedulerFromConfig({ ...base, eta: 1 }, 'ddim').plan(5),
    );
  });

  it('keeps what both have, unless the short name says otherwise', () => {
    const karras = schedulerFromConfig({ ...base, use_karras_sigmas: true }, 'euler').plan(5);
    expect(schedulerFromConfig(config, 'euler').plan(5)).toEqual(karras);
    const plain = schedulerFromConfig({ ...base, final_sigmas_type: 'zero' }, 'dpmpp_2m').plan(5);
    expect(schedulerFromConfig(config, 'dpmpp_2m').plan(5)).toEqual(plain);
  });

  it.each([
    ...['dpmpp_2m', 'dpmpp_2m_karras', 'dpmpp_2m_sde', 'dpmpp_2m_sde_karras', 'dpmpp_3m'],
    ...['dpmpp_singlestep', 'deis'],
  ])('%s is what its name says, whatever algorithm and order the config has', (name) => {
    const algorithms = ['sde-dpmsolver', 'sde-dpmsolver++', 'dpmsolver'];
    // The last two names say nothing of an order.
    const order = /\dm/.test(name) ? { solver_order: 1 } : {};
    const plain = schedulerFromConfig(base, name).plan(9);
    for (const algorithm_type of algorithms) {
      const file = { ...base, ...order, _class_name: 'DPMSolverMultistepScheduler', algorithm_type };
      expect(schedulerFromConfig(file, name).plan(9)).toEqual(plain);
    }
  });

  it('by a short name has the order of the settings beside it', () => {
    const first = { solver_order: 1 };
    expect(schedulerFromConfig(config, { _class_name: 'dpmpp_3m', ...first }).plan(5)).toEqual(
      schedulerFromConfig({ ...base, ...first }, 'DPMSolverMultistepScheduler').plan(5),
    );
  });

  it('goes back to earlier latents where the docs of `afterStep` say so', () => {
    const back = schedulerNames.filter((name) =>
      schedulerFromConfig(base, name)
        .plan(6)
        .steps.some(({ next }) => 'start' in next || 'corrected' in next),
    );
    expect(back).toEqual(['pndm', 'dpmpp_singlestep', 'dpmpp_sde', 'heun', 'kdpm2', 'kdpm2_a', 'unipc']);
  });

  it('refuses settings that the chosen class does not have', () => {
    expect(() => schedulerFromConfig(config, { _class_name: 'ddim', use_beta_sigmas: true })).toThrow(
      'use_beta_sigmas (true) has no effect on DDIMScheduler',
    );
    expect(() => schedulerFromConfig(config, { use_karras: true })).toThrow(
      'did you mean use_karras_sigmas?',
    );
  });

  it('takes the fields that diffusers leaves behind in files', () => {
    const left = { skip_prk_steps: true, set_alpha_to_one: false, clip_sample: false, sample_max_value: 1 };
    expect(schedulerFromConfig({ ...base, ...left, _class_name: 'EulerDiscreteScheduler' }).plan(3)).toEqual(
      schedulerFromConfig(base, 'euler').plan(3),
    );
  });
});

describe('configurations', () => {
  it('knows the class names of diffusers', () => {
    const names = ['DDIM', 'DDPM', 'PNDM', 'EulerDiscrete', 'HeunDiscrete', 'LMSDiscrete', 'UniPCMultistep'];
    const found = names.map((name) => schedulerFromConfig({ _class_name: `${name}Scheduler` }).name);
    expect(found).toEqual(['ddim', 'ddpm', 'pndm', 'euler', 'heun', 'lms', 'unipc']);
    const karras = { _class_name: 'DPMSolverMultistepScheduler', use_karras_sigmas: true };
    expect(schedulerFromConfig(karras).plan(10)).toEqual(schedulerFromConfig({}, 'dpmpp_2m_karras').plan(10));
  });

  it('Karras sigmas are spaced evenly in their seventh root', () => {
    const { steps, initNoiseSigma } = schedulerFromConfig({ ...base, use_karras_sigmas: true }, 'euler').plan(
      8,
    );
    const roots = steps.map(({ inputScale }) => Math.sqrt(inputScale ** -2 - 1) ** (1 / 7));
    const gaps = roots.slice(1).map((root, i) => root - (roots[i] ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0] ?? 0, 6);
    expect(roots[0]).toBeCloseTo(initNoiseSigma ** (1 / 7), 6);
  });

  it.each([
    [
      { _class_name: 'FooScheduler' },
      /scheduler: "FooScheduler" is not known; known are ddim, ddpm, .*DDIMScheduler/,
    ],
    [{}, /scheduler: undefined is not known/],
    [{ _class_name: 'constructor' }, /is not known/],
    [{ _class_name: 'ddim', beta_start: '0.1' }, /beta_start must be a number of 1e-12 to .*, got "0.1"/],
    [{ _class_name: 'ddim', beta_schedule: 'step' }, /beta_schedule must be one of linear, scaled_linear/],
    [{ _class_name: 'ddim', beta_end: 3 }, /beta_end must be a number of/],
    [{ _class_name: 'ddim', beta_start: 0.5, beta_end: 0.5 }, /beta_start, beta_end and .* leave no signal/],
    [{ _class_name: 'ddim', trained_betas: [0.1, 0] }, /trained_betas must be a list of up to/],
    [{ _class_name: 'ddim', trained_betas: [] }, /trained_betas must hold one number for each/],
    [
      { _class_name: 'ddim', num_train_timesteps: 0 },
      /num_train_timesteps must be a whole number of 1 to 10000/,
    ],
    [
      { _class_name: 'ddim', num_train_timesteps: 1e9 },
      /num_train_timesteps must be a whole number of 1 to 10000/,
    ],
    [
      { _class_name: 'ddim', use_karras_sigmas: true },
      /use_karras_sigmas \(true\) has no effect on DDIMScheduler/,
    ],
    [{ _class_name: 'euler', use_lu_lambdas: true }, /use_lu_lambdas .*DPMSolverMultistepScheduler/],
    [{ _class_name: 'euler', use_karras_sigma: true }, /did you mean use_karras_sigmas\?/],
    [
      { _class_name: 'euler', use_karras_sigmas: true, use_beta_sigmas: true },
      /use_karras_sigmas and use_beta_sigmas exclude each other/,
    ],
    [
      { _class_name: 'euler', sigma_min: 3, sigma_max: 2, use_karras_sigmas: true },
      /sigma_min \(3\) must be less/,
    ],
    [
      { _class_name: 'euler', timestep_type: 'continuous', prediction_type: 'v_prediction' },
      /timestep_type continuous is not supported/,
    ],
    [{ _class_name: 'unipc', use_flow_sigmas: true }, /use_flow_sigmas is for flow-matching models/],
    [
      { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver', final_sigmas_type: 'zero' },
      /final_sigmas_type zero does not go with algorithm_type dpmsolver/,
    ],
    [
      { _class_name: 'ddim', clip_sample: true },
      /clip_sample true is not supported.*set clip_sample to false/,
    ],
    [{ _class_name: 'ddim', eta: 2 }, /eta must be a number of 0 to 1/],
    [
      { _class_name: 'euler', prediction_type: 'x0' },
      /prediction_type must be one of epsilon, v_prediction, sample/,
    ],
    [{ _class_name: 'euler', steps_offset: -1 }, /steps_offset must be a whole number/],
    [{ _class_name: 'euler', timestep_spacing: 'log' }, /timestep_spacing must be one of/],
    [{ _class_name: 'pndm', skip_prk_steps: false }, /skip_prk_steps false is not supported/],
    [
      { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'unipc' },
      /algorithm_type must be one of dpmsolver\+\+/,
    ],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_order: 4 }, /solver_order must be one of 1, 2, 3/],
    [{ _class_name: 'unipc', predict_x0: false }, /predict_x0 false is not supported/],
    [{ _class_name: 'ddpm', variance_type: 'learned' }, /variance_type must be one of/],
  ])('%o names the field at fault', (config, message) => {
    expect(() => schedulerFromConfig(config)).toThrow(message);
  });

  it('refuses epsilon prediction where there is no signal', () => {
    const config = { ...base, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    expect(() => schedulerFromConfig(config, 'ddim').plan(5)).toThrow('use v_prediction or sample');
  });
});
