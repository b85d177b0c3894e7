// What plugins read of layouts: fields of their own, what they demand of the rest, and where a prompt says a phrase.

import { describe, expect, it } from 'vitest';
import { clipTokenizer, phraseTokens } from '../../src/entries/pipeline.js';
import {
  type FieldParser,
  type LayoutFields,
  PLUGIN_VERSION,
  type Plugin,
  parseLayout,
} from '../../src/index.js';
import { checkLayouts } from '../../src/pipeline/checkLayouts.js';

const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
const names = ['<|startoftext|>', '<|endoftext|>', ...letters, ...letters.map((letter) => `${letter}</w>`)];
const vocab = Object.fromEntries(names.map((name, id) => [name, id]));
const tokenizer = clipTokenizer({ vocab, merges: [], maxLength: 8 });

const half: FieldParser = (given, path) => {
  if (typeof given === 'number') return given / 2;
  throw new Error(`${path}: must be a number`);
};
const fields: LayoutFields = {
  layout: { mood: (given) => String(given).toUpperCase() },
  object: { weight: half },
};
const other: LayoutFields = { object: { mask: () => 'mask' } };
const object = { phrase: 'a cat', box: [0, 0, 1, 1] };

describe('fields of plugins in a layout', () => {
  it('are parsed and kept, each by its own plugin, and only where they are given', () => {
    const given = {
      prompt: 'a cat',
      mood: 'calm',
      objects: [
        { ...object, weight: 3, mask: 1 },
        { ...object, weight: undefined },
      ],
    };
    expect(parseLayout(given, [], [fields, other])).toEqual({
      mood: 'CALM',
      prompt: 'a cat',
      objects: [{ ...object, weight: 1.5, mask: 'mask' }, object],
    });
  });

  it('stay errors where no plugin claims them, and tell their place where they are wrong', () => {
    const parse = (more: object, ofObject: object, known: readonly LayoutFields[]) => () =>
      parseLayout({ prompt: '', objects: [object, { ...object, ...ofObject }], ...more }, [], known);
    expect(parse({ mood: 1 }, {}, [other])).toThrow('layout: "mood" is not known');
    expect(parse({}, { weight: 1 }, [other])).toThrow('objects[1]: "weight" is not known');
    expect(parse({}, { weihgt: 1 }, [fields])).toThrow(
      'objects[1]: "weihgt" is not known; did you mean weight?',
    );
    expect(parse({}, { weight: 'much' }, [fields])).toThrow('objects[1].weight: must be a number');
  });

  it('cannot stand in for the fields that every layout has', () => {
    const usurper: LayoutFields = { layout: { prompt: () => 'other' }, object: { phrase: () => 'other' } };
    expect(parseLayout({ prompt: 'mine', objects: [object] }, [], [usurper])).toEqual({
      prompt: 'mine',
      objects: [object],
    });
  });
});

describe('layouts in a pipeline', () => {
  const plugin = (name: string, more: Partial<Plugin>): Plugin => ({
    name,
    pluginVersion: PLUGIN_VERSION,
    ...more,
  });
  const layout = { prompt: 'a cat', objects: [object] };
  const checksOf = (...plugins: readonly Plugin[]) => ({
    ...{ tokenizer, plugins, grounded: true },
    sizes: { own: { width: 64, height: 64 }, step: 8 },
    fields: plugins.flatMap(({ layoutFields }) => layoutFields ?? []),
  });

  it('are checked by plugins in their order, once they are parsed', () => {
    const seen: string[] = [];
    const watch = (name: string) =>
      plugin(name, {
        checkLayout: (given, context) => {
          const tokens = context.phraseTokens(given.prompt, given.objects[0]!.phrase);
          seen.push(`${name} ${given.objects[0]!.phrase} ${tokens.join()} ${context.tokenizer.maxLength}`);
        },
      });
    checkLayouts(layout, checksOf(watch('one'), watch('two')));
    expect(seen).toEqual(['one a cat 1,2,3,4 8', 'two a cat 1,2,3,4 8']);
    expect(() => checkLayouts({ ...layout, prompt: 1 }, checksOf(watch('three')))).toThrow(
      'prompt: must be text',
    );
    expect(seen).toHaveLength(2);
  });

  it('that a plugin refuses are named by their number', () => {
    const strict = plugin('strict', {
      checkLayout({ objects }) {
        if (objects.length > 1) throw new Error('objects: strict places one at most');
      },
    });
    const checks = checksOf(strict);
    const two = { ...layout, objects: [object, object] };
    expect(() => checkLayouts(two, checks)).toThrow(/^objects: strict places one at most$/);
    expect(() => checkLayouts([layout, two], checks)).toThrow('layouts[1]: objects: strict places one');
    expect(checkLayouts([layout], checks)).toHaveLength(1);
  });

  it('are not checked by promises, nor parsed by them', () => {
    const late = plugin('late', { checkLayout: (async () => {}) as () => void });
    expect(() => checkLayouts(layout, checksOf(late))).toThrow('plugin late: checkLayout: gave a promise');
    const rejects = async () => Promise.reject(new Error('nobody waits for this'));
    const parses = plugin('parses', { layoutFields: { object: { weight: rejects } } });
    const given = { ...layout, objects: [{ ...object, weight: 4 }] };
    expect(() => checkLayouts(given, checksOf(parses))).toThrow(
      'objects[0].weight: its parser: gave a promise',
    );
  });

  it('keep the fields that plugins parsed', () => {
    const weighs = plugin('weighs', { layoutFields: fields });
    const given = { ...layout, objects: [{ ...object, weight: 4 }] };
    const [checked] = checkLayouts(given, checksOf(weighs));
    expect(checked!.layout.objects).toEqual([{ ...object, weight: 2 }]);
  });
});

describe('phraseTokens', () => {
  it.each([
    ['a cat', 'a cat', [1, 2, 3, 4]],
    ['The cat', 'a cat', [4, 5, 6]],
    ['an owl', 'owl', [3, 4, 5]],
    ['cat', 'CAT', [1, 2, 3]],
    ['a dog', 'a cat', []],
    ['cats', 'cat', []],
    ['wildcat', 'cat', []],
    ['wildcat cat', 'cat', [10, 11, 12]],
    ['cat', '', []],
    ['', 'cat', []],
    ['cat cat', 'cat', [1, 2, 3, 4, 5, 6]],
    ['a b a', 'a', [1, 3]],
  ])('of %j in it: %j are at %j', (prompt, phrase, wanted) => {
    expect(phraseTokens(tokenizer, prompt, phrase)).toEqual(wanted);
  });

  it('count the start and end tokens of every chunk of a long prompt', () => {
    // Six tokens fit into a chunk of eight: c, a and t are the fifth, the sixth, and the first of the next.
    expect(phraseTokens(tokenizer, 'abcd cat', 'cat')).toEqual([5, 6, 9]);
  });
});
