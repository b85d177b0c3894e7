import type { Layout } from '@spatiallock/core';
import { describe, expect, it } from 'vitest';
import { type Drawing, drawingOf, layoutOf, nextColour, promptOf } from '../src/state/drawing.js';
import { given } from '../src/state/engine.js';
import { changed, historyOf, redone, settled, undone } from '../src/state/history.js';
import { detailsOf, jobOf } from '../src/state/jobs.js';
import { linkHash, readLink } from '../src/state/link.js';
import { afterProgress } from '../src/state/loadState.js';
import {
  limits,
  readSettings,
  type Sampling,
  type Settings,
  standardSettings,
  variantOf,
  variantsOf,
} from '../src/state/settings.js';
import { canGuide, samplingNow, settings } from '../src/state/studio.js';
import { completions, fieldErrors, phrasesFor } from '../src/state/vocabulary.js';

const words = ['a', 'an', 'and', 'dog', 'red', 'apple', 'on', 'beach', 'hot', 'brown', 'puppy'];

function drawn(...phrases: string[]): Drawing {
  const objects = phrases.map((phrase, i) => ({
    id: `${i}`,
    phrase,
    colour: i,
    box: [0, 0, 0.5, 0.5] as const,
  }));
  return { prompt: '', negativePrompt: '', objects };
}

describe('how far the model is', () => {
  const progress = { loaded: 10, total: 20 };

  it('is no longer changed by progress that comes late', () => {
    for (const before of [{ phase: 'ready' }, { phase: 'failed', message: 'gone' }] as const) {
      expect(afterProgress(before, progress)).toBe(before);
      expect(afterProgress(before, { ...progress, loaded: 20 })).toBe(before);
    }
  });

  it("is that of a visitor's file beside those of the runtime", () => {
    const loading = { phase: 'loading', loaded: 0, total: 0 } as const;
    expect(afterProgress(loading, progress)).toEqual({ phase: 'loading', ...progress });
    expect(afterProgress(loading, { ...progress, loaded: 20 })).toEqual({ phase: 'preparing' });
    const own = { ...loading, file: 'unet' };
    expect(afterProgress(own, progress)).toBe(own);
    // One file is here, and others will come: the runtime's do not take their place.
    const whole = afterProgress(own, { ...progress, file: 'unet', loaded: 20 });
    expect(whole.phase).toBe('preparing');
    expect(afterProgress(whole, progress)).toBe(whole);
    expect(afterProgress(own, { ...progress, file: 'vae' })).toEqual({
      phase: 'loading',
      ...progress,
      file: 'vae',
    });
  });
});

describe('history', () => {
  it('undoes letters typed into one field together, and a drag apart from them', () => {
    let history = historyOf('');
    for (const text of ['a', 'ab', 'abc']) history = changed(history, text, 'phrase');
    history = changed(settled(history), 'abc moved', 'drag');
    expect(undone(history).present).toBe('abc');
    expect(undone(undone(history)).present).toBe('');
    expect(redone(undone(history)).present).toBe('abc moved');
  });

  it('forgets what was undone when something new is done', () => {
    const history = changed(undone(changed(historyOf(1), 2)), 3);
    expect(history.future).toEqual([]);
    expect(undone(history).present).toBe(1);
    expect(undone(undone(history)).present).toBe(1);
  });
});

describe('drawings', () => {
  it('write their own caption until one is written', () => {
    expect(promptOf(drawn('a dog', ' a cat', 'an apple '))).toBe('a dog, a cat and an apple');
    expect(promptOf({ ...drawn('a dog'), prompt: ' a dog on a beach ' })).toBe('a dog on a beach');
    expect(promptOf(drawn())).toBe('');
  });

  it('come back from their layout', () => {
    const layout = layoutOf({ ...drawn('a dog', 'an apple'), negativePrompt: 'red' });
    expect(layoutOf(drawingOf(layout))).toEqual(layout);
    expect(() => drawingOf({ prompt: '', objects: [{ phrase: 'a dog', box: [0.5, 0, 0.2, 1] }] })).toThrow(
      'objects[0].box: x1 (0.20) must be greater than x0 (0.50)',
    );
  });

  it('take the colour that is used least', () => {
    expect(nextColour(drawn('a', 'b').objects)).toBe(2);
    expect(nextColour(drawn('a', 'b').objects.slice(1))).toBe(0);
  });
});

describe('links', () => {
  it('hold a layout and its seed, in any script', () => {
    const layout = { prompt: 'ein Äpfelchen 🍎', objects: [{ phrase: 'a dog', box: [0, 0, 1, 1] as const }] };
    const hash = linkHash({ ...layout, seed: 12 });
    expect(hash).toMatch(/^layout=[\w-]+$/);
    expect(readLink(`#${hash}`)).toEqual({ layout, sampling: { seed: 12 }, faults: [] });
  });

  it('say when they are damaged, and are none where there is no layout', () => {
    expect(readLink('#detector')).toBeUndefined();
    expect(() => readLink('#layout=abc')).toThrow('the layout in this link is damaged');
  });
});

describe('settings', () => {
  it('keep what is usable of what was kept', () => {
    const kept = { ...standardSettings, steps: 12, seed: -1, scheduler: 7, more: true };
    expect(readSettings(kept)).toEqual({ ...standardSettings, steps: 12 });
    expect(readSettings(null)).toEqual(standardSettings);
  });

  it('make one picture for each seed, or one seed in three ways', () => {
    const named = (settings: Settings): string[] =>
      variantsOf(settings, true).map(({ mode, sampling }) => `${mode} ${sampling.seed}`);
    const two = { ...standardSettings, seed: 5, pictures: 2 };
    expect(named(two)).toEqual(['held 5', 'held 6']);
    expect(named({ ...two, strength: 0 })).toEqual(['off 5', 'off 6']);
    expect(named({ ...two, compare: true })).toEqual(['off 5', 'held 5', 'guided 5']);
    expect(named({ ...two, compare: true, strength: 0 })).toEqual(['off 5', 'held 5', 'guided 5']);
    // What each was sampled with makes it again.
    for (const { mode, sampling } of variantsOf({ ...two, compare: true }, true)) {
      expect(variantOf(sampling).mode).toBe(mode);
    }
  });

  it('make no picture that is guided of a model of the visitor, which the detector does not know', () => {
    const guided = { ...standardSettings, guideStrength: 0.1 };
    const modes = (asked: Settings) => variantsOf(asked, false).map(({ mode }) => mode);
    expect([modes(guided), modes({ ...guided, compare: true })]).toEqual([['held'], ['off', 'held']]);
    settings.value = guided;
    expect([canGuide.value, samplingNow.value.guideStrength]).toEqual([true, 0.1]);
    given.value = { model: 'https://site.test/mine' };
    expect([canGuide.value, samplingNow.value.guideStrength]).toEqual([false, 0]);
    given.value = undefined;
    settings.value = standardSettings;
  });
});

describe('details', () => {
  const boxed = (...boxes: Layout['objects'][number]['box'][]): Layout => ({
    prompt: '',
    objects: boxes.map((box) => ({ phrase: 'a dog', box })),
  });
  const [small, large] = [boxed([0, 0, 1, 1], [0, 0, 0.4, 0.2]), boxed([0, 0, 1, 1], [0, 0, 0.4, 0.3])];
  const picture = { width: 1, height: 1, channels: 3 as const, data: new Uint8ClampedArray(3) };

  it('are asked for where an object is small and held, and nothing is painted over', () => {
    const asked = (layout: Layout, edit: Partial<Sampling> = {}): number =>
      jobOf(layout, variantOf({ ...standardSettings, ...edit }), false).details;
    expect([asked(small), asked(large), asked(boxed())]).toEqual([0.3125, 0, 0]);
    expect([asked(large, { details: 0.35 }), asked(small, { details: 0 })]).toEqual([0.35, 0]);
    expect([asked(small, { strength: 0 }), asked(small, { guideStrength: 0.1 })]).toEqual([0, 0.3125]);
    const source = { picture, strength: 0.6 };
    expect(detailsOf(small, variantOf(standardSettings), { source })).toBe(0);
  });

  it('are those of the setting, whose standard the slider reaches', () => {
    const { min, step } = limits.details;
    expect((standardSettings.details - min) / step).toBe(25);
    const read = (details: unknown) => readSettings({ ...standardSettings, details }).details;
    expect([0, 0.5, 0.2, undefined, 0.6, -1, '0.2'].map(read)).toEqual([
      ...[0, 0.5, 0.2],
      ...Array(4).fill(standardSettings.details),
    ]);
  });
});

describe('vocabulary', () => {
  const phrases = phrasesFor(words);

  it('offers phrases of known words alone', () => {
    expect(phrases).toContain('a red apple');
    expect(phrases).not.toContain('a cat');
  });

  it('completes what is typed, the nearest first', () => {
    expect(completions('app', phrases, words)[0]).toBe('an apple');
    expect(completions('a dog', phrases, words)[0]).toBe('a dog');
    expect(completions('a red', phrases, words)).toEqual([
      'a red dog',
      'a red puppy',
      'a red apple',
      'a red hot dog',
    ]);
    expect(completions('two do', phrases, words)).toEqual(['two dog']);
    expect(completions('', phrases, words).length).toBeGreaterThan(0);
  });

  it('says what to write in place of a digit', () => {
    const { prompt } = fieldErrors({ ...drawn('a dog'), prompt: '3 dogs' }, [...words, 'dogs', 'three']);
    expect(prompt).toBe('the model never learnt "3"; write "three"');
  });

  it('shows the error of core at the field, with the nearest words', () => {
    const errors = fieldErrors({ ...drawn('a dig', '', 'a dog'), negativePrompt: 'green' }, words);
    expect(errors.phrases[0]).toBe('the model never learnt "dig"; nearest known words: dog, a, an');
    expect(errors.phrases.slice(1)).toEqual([undefined, undefined]);
    expect(errors.negativePrompt).toMatch(/^the model never learnt "green"/);
    expect(errors.prompt).toBeUndefined();
    const follows = fieldErrors({ ...drawn('a dig'), prompt: 'a dig on a beach' }, words);
    expect([follows.phrases[0] === undefined, follows.prompt]).toEqual([false, undefined]);
    const other = fieldErrors({ ...drawn('a dig'), prompt: 'a dig on a bench' }, words);
    expect(other.prompt).toMatch(/^the model never learnt "bench"/);
    const long = fieldErrors({ ...drawn('x'.repeat(1e6)), prompt: 'y'.repeat(1e6) }, words);
    expect([long.phrases[0], long.prompt]).toEqual([
      '1000000 letters are too many; at most 200 fit',
      '1000000 letters are too many; at most 1000 fit',
    ]);
  });
});
