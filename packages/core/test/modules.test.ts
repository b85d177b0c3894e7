// What a model directory declares, and what modules may export.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  categoryLimits,
  type DeclaredModule,
  detectorOfModule,
  formatModelDeclaration,
  makePlugin,
  openPlugins,
  parseCategories,
  parseDeclaredModule,
  parseModelDeclaration,
  pluginOfModule,
  readCategories,
} from '../src/entries/modules.js';
import {
  type FileSource,
  PLUGIN_VERSION,
  type Plugin,
  type PluginContext,
  referenceBackend,
} from '../src/index.js';
import { joinedCategories } from '../src/modules/categories.js';

const declaration = {
  version: 1,
  plugins: [
    { module: '@someone/plugin' },
    { module: 'other', export: 'made', options: { gain: 2 }, folder: 'other' },
  ],
  detectors: {
    guides: { module: '@someone/detector/guide', folder: '@someone/detector/weights/guide' },
    judges: { module: '/home/me/judge.mjs' },
  },
  vocabulary: 'tokenizer/words.json',
  license: 'MIT',
};

describe('the declaration in spatiallock.json', () => {
  it('is read as it is written', () => {
    const { version: _, ...fields } = declaration;
    const read = parseModelDeclaration({ name: 'mine', ...declaration });
    expect(read).toEqual(fields);
    expect(formatModelDeclaration(read!)).toEqual(declaration);
  });

  it('is absent from directories of other software and from older ones of ours', () => {
    expect(parseModelDeclaration({ name: 'mine', steps: 20 })).toBeUndefined();
  });

  it.each([
    [{ plugins: [] }, 'version: is missing; write "version": 1'],
    [{ version: 2 }, 'version: is 2, and this version of SpatialLock reads 1; update it'],
    [{ version: '1' }, 'version: must be a whole number in 1..1000000000, not "1"'],
    [{ version: 1, plugins: {} }, 'plugins: must be a list of at most 64 of { module }'],
    [{ version: 1, plugins: ['x'] }, 'plugins[0]: must be an object, not "x"'],
    [{ version: 1, plugins: [{ modul: 'x' }] }, 'plugins[0]: "modul" is not known; did you mean module?'],
    [{ version: 1, plugins: [{ module: './x.js' }] }, 'plugins[0].module: must be the name of a package'],
    [{ version: 1, plugins: [{ module: '../x' }] }, 'plugins[0].module: must be the name of a package'],
    [{ version: 1, plugins: [{ module: 'a/../../x' }] }, 'plugins[0].module: must be the name of a package'],
    [{ version: 1, plugins: [{ module: 'node:fs' }] }, 'plugins[0].module: must be the name of a package'],
    [
      { version: 1, plugins: [{ module: 'https://x/y.js' }] },
      'plugins[0].module: must be the name of a package',
    ],
    [{ version: 1, plugins: [{ module: 'data:text/javascript,1' }] }, 'plugins[0].module: must be the name'],
    [
      { version: 1, plugins: [{ module: 'x', export: '' }] },
      'plugins[0].export: must be the name of an export',
    ],
    [{ version: 1, plugins: [{ module: 'x', options: 3 }] }, 'plugins[0].options: must be an object, not 3'],
    [{ version: 1, plugins: [{ module: 'x', folder: '../y' }] }, 'plugins[0].folder: must be a folder'],
    [{ version: 1, detectors: { judge: {} } }, 'detectors: "judge" is not known; did you mean judges?'],
    [{ version: 1, detectors: { guides: {} } }, 'detectors.guides.module: must be the name of a package'],
    [{ version: 1, vocabulary: '../words.json' }, 'vocabulary: must be the path of a list of words'],
    [{ version: 1, license: 'MIT\nor not' }, 'license: must be the name of a licence on one line'],
  ])('refuses %j', (json, message) => {
    expect(() => parseModelDeclaration(json)).toThrow(`spatiallock.json: ${message}`);
  });

  it('takes any JSON or names the field', () => {
    const keys = ['version', 'plugins', 'detectors', 'vocabulary', 'license'];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(declaration)));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), (json) => {
        let read: ReturnType<typeof parseModelDeclaration>;
        try {
          read = parseModelDeclaration(json);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: spatiallock\.json: /);
          return;
        }
        if (read) expect(parseModelDeclaration(formatModelDeclaration(read))).toEqual(read);
      }),
    );
  });

  it('names no module that leads upwards', () => {
    const part = fc.constantFrom('.', '..', '...', 'a', '@b', '', '/', '\\', 'x.js', 'c:');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        let module: string;
        try {
          ({ module } = parseDeclaredModule({ module: parts.join('/') }, 'it'));
        } catch {
          return;
        }
        expect(module.split(/[\\/]/)).not.toContain('..');
        expect(module).not.toMatch(/^\.|:\/\//);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['c://a', 'c:/../a.js', '/a/../b.js', '/a/./b.js', '..\\a.js'])('refuses %s', (module) => {
    expect(() => parseDeclaredModule({ module }, 'it')).toThrow('it.module: must be the name of a package');
  });

  it.each(['/a/b.js', 'c:/a/b.js', '/a/..b/c.js'])('takes %s', (module) => {
    expect(parseDeclaredModule({ module }, 'it')).toEqual({ module });
  });
});

describe('the categories in spatiallock.json', () => {
  const categories = [{ name: 'forklift', aspect: 1.3 }, { name: 'hard hat' }];
  const files = (settings?: object): FileSource => ({
    read: async () => settings && new TextEncoder().encode(JSON.stringify(settings)),
  });

  it('are read as they are written', async () => {
    expect(await readCategories(files({ name: 'mine', categories }))).toEqual(categories);
    expect(await readCategories(files({ name: 'mine' }))).toEqual([]);
    expect(await readCategories(files())).toEqual([]);
  });

  it('are joined: later ones replace those of their names, and of too many the first are left out', () => {
    const later = [{ name: 'forklift', aspect: 2 }, { name: 'cone' }];
    expect(joinedCategories(categories, later)).toEqual([{ name: 'hard hat' }, ...later]);
    const many = Array.from({ length: categoryLimits.count }, (_, i) => ({ name: `thing ${i}` }));
    expect(joinedCategories(categories, many)).toEqual(many);
  });

  it.each([
    [{}, 'categories: must be a list of at most 10000 of { name, aspect }, not {}'],
    [['forklift'], 'categories[0]: must be an object, not "forklift"'],
    [[{ nam: 'x' }], 'categories[0]: "nam" is not known; did you mean name?'],
    [[{ name: '' }], 'categories[0].name: must be a text of at most 200 letters, not ""'],
    [[{ name: 'x' }, { name: 'x'.repeat(201) }], 'categories[1].name: must be a text of at most 200 letters'],
    [[{ name: 'x', aspect: 0 }], 'categories[0].aspect: must be a number in 0.01..100, not 0'],
    [[{ name: 'x', aspect: '1' }], 'categories[0].aspect: must'],
  ])('are refused as %j', (given, message) => {
    expect(() => parseCategories(given, 'categories')).toThrow(message);
  });

  it('are any JSON or name the field', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.record({ name: fc.jsonValue() }))), (given) => {
        try {
          expect(parseCategories(given, 'it')).toEqual(given);
        } catch (error) {
          expect(String(error)).toMatch(/^Error: it/);
        }
      }),
    );
  });
});

const quiet: Plugin = { name: 'quiet', pluginVersion: PLUGIN_VERSION };
const context: PluginContext = {
  files: { read: async () => undefined },
  backend: referenceBackend(),
  guide: () => Promise.reject(new Error('none')),
};

describe('a module that offers a plugin', () => {
  const made = async (module: object, declared: Omit<DeclaredModule, 'module'> = {}) => {
    const definition = await pluginOfModule(module, declared, 'it');
    return makePlugin(definition, declared.options ?? {}, context, 'it');
  };

  it('exports one, makes one, or defines how it is made', async () => {
    expect(await made({ default: quiet })).toBe(quiet);
    expect(await made({ plugin: quiet, other: 3 })).toBe(quiet);
    expect(await made({ mine: quiet, plugin: 3 }, { export: 'mine' })).toBe(quiet);
    const named = ({ name }: { name: string }): Plugin => ({ ...quiet, name });
    expect(await made({ default: named }, { options: { name: 'loud' } })).toEqual({ ...quiet, name: 'loud' });
    const create = ({ name = 'quiet' }) => ({ ...quiet, name });
    expect(await made({ plugin: { ...quiet, create } })).toEqual(quiet);
  });

  const definition = { name: 'quiet', pluginVersion: 1, create: () => quiet };
  const setting = { kind: 'number', name: 'gain', option: 'gain', help: 'how much', min: 0, max: 1 };

  it.each<[object, Omit<DeclaredModule, 'module'>, string]>([
    [{}, {}, 'has neither a default export nor one named plugin; name one of nothing after a #'],
    [{ a: 1 }, {}, 'has neither a default export nor one named plugin; name one of a after a #'],
    [{ default: quiet }, { export: 'b' }, 'exports no b, but default'],
    [{ default: 7 }, {}, 'exports no plugin; it must be a plugin { name, pluginVersion: 1 }'],
    [{ default: () => 7 }, {}, 'exports no plugin'],
    [{ default: class Quiet {} }, {}, 'default is the class "Quiet"; export one that is made, new Quiet()'],
    [{ plugin: class {} }, {}, 'plugin is the class'],
    [{ default: { ...quiet, pluginVersion: 2 } }, {}, 'plugin quiet: is of pluginVersion 2'],
    [{ default: { ...definition, pluginVersion: 2 } }, {}, 'plugin quiet: is of pluginVersion 2'],
    [{ default: { ...quiet, netwrok: 1 } }, {}, '"netwrok" is not known; did you mean network?'],
    [{ default: quiet }, { options: { gain: 1 } }, 'plugin quiet: takes no options'],
    [{ default: { ...definition, create: 3 } }, {}, 'plugin quiet: create must be a function, not 3'],
    [{ default: { ...definition, setle: 3 } }, {}, '"setle" is not known; did you mean settle?'],
    [
      { default: { ...definition, create: () => ({ ...quiet, name: 'x' }) } },
      {},
      'create made one named "x"',
    ],
    [
      { default: { ...definition, settings: [{ ...setting, kind: 'text' }] } },
      {},
      'settings[0].kind: must be one of',
    ],
    [
      { default: { ...definition, settings: [{ ...setting, max: 0 }] } },
      {},
      'settings[0].max: must be above min',
    ],
    [
      { default: { ...definition, settings: [{ ...setting, standard: 2 }] } },
      {},
      'settings[0].standard: must lie in',
    ],
    [{ default: { ...definition, settings: [setting, setting] } }, {}, 'gain of call is there twice'],
    [
      {
        default: () => {
          throw new Error('no luck');
        },
      },
      {},
      'no luck',
    ],
  ])('refuses %j with %j', async (module, declared, message) => {
    await expect(made(module, declared)).rejects.toThrow(/^it: /);
    await expect(made(module, declared)).rejects.toThrow(message);
  });
});

describe('a module that offers a detector', () => {
  const detector = { labels: ['dog'], detect: async () => [] };
  const backend = referenceBackend();

  it('exports one, opens one, or defines how it is opened', async () => {
    for (const exported of [detector, () => detector, { open: async () => detector }]) {
      expect(await detectorOfModule({ default: exported }, {}, 'it').open({ backend })).toBe(detector);
    }
    expect(detectorOfModule({ detector }, {}, 'it').vocabulary?.(undefined)).toBe(detector);
  });

  it.each([
    [{ default: 7 }, 'it: exports no detector; it must be { labels, detect }'],
    [{ default: class Judge {} }, 'it: default is the class "Judge"; export one that is made, new Judge()'],
    [{ default: { labels: ['dog'] } }, 'it: exports no detector'],
    [{ default: { ...detector, labels: [3] } }, 'it: labels: must be a list of names'],
    [{ default: { ...detector, labelOf: 'dog' } }, 'it: labelOf: must be a function'],
  ])('refuses %j', (module, message) => {
    expect(() => detectorOfModule(module, {}, 'it')).toThrow(message);
  });

  it('is checked when it is opened, too', async () => {
    const definition = detectorOfModule({ default: () => ({ labels: 'dog' }) }, {}, 'it');
    await expect(definition.open({ backend })).rejects.toThrow('exports no detector');
  });
});

describe('the plugins of a declaration', () => {
  const modules = {
    load: async (specifier: string): Promise<unknown> => {
      if (specifier === '@someone/quiet') return { default: quiet };
      if (specifier === '@someone/guided') return { default: { ...quiet, create: guided } };
      throw new Error('is not installed');
    },
  };
  const guided = async (_: unknown, { guide }: PluginContext) => {
    await guide();
    return quiet;
  };
  const files: FileSource = { read: async (path) => (path === 'own/weights.bin' ? bytes : undefined) };
  const bytes = new Uint8Array([1]);
  const backend = referenceBackend();
  const open = (module: string) =>
    openPlugins({ plugins: [{ module }], detectors: {} }, { files, backend, modules });

  it('are made in their order', async () => {
    expect(await open('@someone/quiet')).toEqual([quiet]);
  });

  it('are named where they are missing', async () => {
    await expect(open('@x/y')).rejects.toThrow('@x/y: is not installed');
    await expect(open('@someone/guided')).rejects.toThrow(
      '@someone/guided: the model declares no detector that guides (detectors.guides)',
    );
  });

  it('get the folder that is declared for them', async () => {
    let found: Uint8Array | undefined;
    const create = async (_: unknown, { folder }: PluginContext) => {
      found = await folder?.read('weights.bin');
      return quiet;
    };
    const declared = { plugins: [{ module: 'x', folder: 'own' }], detectors: {} };
    const loader = { load: async () => ({ default: { ...quiet, create } }) };
    await openPlugins(declared, { files, backend, modules: loader });
    expect(found).toBe(bytes);
  });
});
