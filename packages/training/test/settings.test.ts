import { referenceBackend } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { defaultFineTuneSettings, fineTuneSettings } from '../src/fineTune/settings.js';
import { prepareFineTune } from '../src/index.js';

describe('settings of fine-tuning', () => {
  it('are the defaults where nothing is given', () => {
    expect(defaultFineTuneSettings).toEqual({
      ...{ steps: 1000, batch: 4, rate: 1e-4, optimiser: 'adamw', unet: false, minBox: 0.04, flip: true },
      ...{ validation: 0.1, seed: 0, newWords: true, rehearsal: 0.5, saveEvery: 100 },
    });
    expect(fineTuneSettings({ steps: undefined })).toEqual(defaultFineTuneSettings);
  });

  it.each([
    { steps: 1, batch: 1, saveEvery: 1 },
    { validation: 0, minBox: 0 },
    { validation: 0.999, minBox: 0.999 },
    { rate: 1e-9, seed: 2 ** 32 - 1 },
    { rate: 10, seed: 0, unet: true, flip: false },
    { optimiser: 'muon' as const },
  ])('take %j', (settings) => {
    expect(fineTuneSettings(settings)).toEqual({ ...defaultFineTuneSettings, ...settings });
  });

  it.each([
    [{ steps: 0 }, 'steps: must be a whole number of at least 1, not 0'],
    [{ batch: 1.5 }, 'batch: must be a whole number of at least 1, not 1.5'],
    [{ saveEvery: -1 }, 'saveEvery: must be a whole number of at least 1, not -1'],
    [{ steps: Number.NaN }, 'steps: must be a whole number of at least 1, not NaN'],
    [{ rate: 0 }, 'rate: must be a number above 0, 10 at most, not 0'],
    [{ rate: Number.POSITIVE_INFINITY }, 'rate: must be a number above 0, 10 at most, not Infinity'],
    [{ rate: Number.NaN }, 'rate: must be a number above 0, 10 at most, not NaN'],
    [{ optimiser: 'sgd' }, 'optimiser: must be one of adamw, muon, not "sgd"'],
    [{ validation: 1 }, 'validation: must lie in 0..1, 1 excluded, not 1'],
    [{ validation: -0.1 }, 'validation: must lie in 0..1, 1 excluded, not -0.1'],
    [{ minBox: 1 }, 'minBox: must lie in 0..1, 1 excluded, not 1'],
    [{ minBox: -0.01 }, 'minBox: must lie in 0..1, 1 excluded, not -0.01'],
    [{ flip: 'yes' }, 'flip: must be true or false, not "yes"'],
    [{ unet: 0 }, 'unet: must be true or false, not 0'],
    [{ seed: 2 ** 32 }, 'seed: must be a whole number in 0..4294967295, not 4294967296'],
    [{ seed: 0.5 }, 'seed: must be a whole number in 0..4294967295, not 0.5'],
  ])('refuse %j', (settings, message) => {
    expect(() => fineTuneSettings(settings as never)).toThrow(message);
  });

  it('an option that nobody reads is an error before a folder is looked at', async () => {
    const options = {
      backend: referenceBackend(),
      plugins: [],
      pictures: [],
      images: '',
      base: '',
      out: '',
      step: 5,
    };
    await expect(prepareFineTune(options as never)).rejects.toThrow(
      'options: "step" is not known; did you mean steps?',
    );
  });
});
