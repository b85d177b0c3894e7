// A model of the visitor's own, from one visit to the next.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readHandles, readModelNote } from '../src/state/keptModel.js';
import { readDefaults } from '../src/state/modelDefaults.js';
import { type Settings, standardSettings } from '../src/state/settings.js';
import type { ModelFacts } from '../src/worker/protocol.js';
import { browserOfEachTest, settled } from './support/visits.js';
import { holdWorkers, readyOn } from './support/workers.js';

const browser = browserOfEachTest();

async function page() {
  const workers = holdWorkers();
  const [engine, own, { notices }, kept, source] = await Promise.all([
    import('../src/state/engine.js'),
    import('../src/state/ownModel.js'),
    import('../src/state/notices.js'),
    import('../src/state/keptModel.js'),
    import('../src/state/source.js'),
  ]);
  const keeping = kept.keepModel();
  const texts = () => notices.value.map(({ text }) => text);
  return { workers, ...engine, ...own, ...kept, ...source, keeping, texts };
}

/** A page that was loaded, and then began to load its model. */
const visit = async (options?: { readonly newTab?: boolean }) => {
  const opened = await browser.visit(page, options);
  await opened.keeping;
  opened.start('onnx-wasm');
  return opened;
};
type Visit = Awaited<ReturnType<typeof visit>>;

const weights = new File(['x'], 'dream.safetensors');

/** A picked file that answers so when the page asks whether it may be read. */
const handle = (answers: { query?: string; request?: string; isGone?: true } = {}) => ({
  kind: 'file',
  name: weights.name,
  getFile: async () => {
    if (answers.isGone) throw new DOMException('it was moved', 'NotFoundError');
    return weights;
  },
  queryPermission: async () => answers.query ?? 'prompt',
  requestPermission: async () => answers.request ?? 'granted',
});
const openPicked = async (opened: Visit, answers?: Parameters<typeof handle>[0]): Promise<void> => {
  vi.stubGlobal('showOpenFilePicker', async () => [handle(answers)]);
  await opened.pickModel('files');
  await settled();
};
const loads = ({ workers }: Visit): readonly unknown[] => workers.flatMap(({ sent }) => sent);
/** What the worker was told to load last. */
const asked = (opened: Visit): unknown => loads(opened).at(-1);

describe('a model of an address', () => {
  it('is opened again from what was kept, with the size of its pictures', async () => {
    const first = await visit();
    first.typedAddress.value = 'https://huggingface.co/owner/name';
    first.openAddress();
    const address = 'https://huggingface.co/owner/name/resolve/main';
    expect(asked(first)).toMatchObject({ type: 'load', model: { model: address } });
    first.chosenSide.value = 256;
    await settled();
    for (const newTab of [false, true]) {
      const again = await visit({ newTab });
      expect(asked(again)).toMatchObject({ model: { model: address, preferKept: true } });
      expect([again.chosenSide.value, again.typedAddress.value, again.texts()]).toEqual([256, address, []]);
      // A size that the model does not have is none.
      expect(again.usableSide.value).toBeUndefined();
    }
    const back = await visit();
    back.openModel(undefined);
    const own = await visit();
    expect([own.given.value, loads(own)]).toEqual([
      undefined,
      [expect.not.objectContaining({ model: address })],
    ]);
  });

  it('stays that of its tab, whatever another tab opens', async () => {
    const tabs: Map<string, string>[] = [];
    const address = 'https://example.com/m';
    const first = await visit();
    tabs.push(new Map(browser.session));
    first.typedAddress.value = address;
    await visit({ newTab: true });
    first.openAddress();
    browser.session.clear();
    const other = await visit({ newTab: true });
    expect(other.given.value?.model).toBe(address);
    tabs.push(new Map(browser.session));
    (await visit({ newTab: true })).openModel(undefined);
    for (const [i, model] of [undefined, address].entries()) {
      browser.session.clear();
      for (const [key, value] of tabs[i]!) browser.session.set(key, value);
      expect((await visit()).given.value?.model).toBe(model);
    }
  });

  it('that had files laid over it says which', async () => {
    const first = await visit();
    first.typedAddress.value = 'https://example.com/m';
    first.openAddress();
    first.addFiles([new File(['x'], 'grounding.safetensors')]);
    const again = await visit();
    expect(again.texts()).toEqual([
      'grounding.safetensors was laid over https://example.com/m before: add it again under Model.',
    ]);
    expect(again.given.value).toEqual({ model: 'https://example.com/m', preferKept: true });
  });
});

describe('a model of files', () => {
  it('that cannot be asked for again is named, and no other takes its place', async () => {
    const first = await visit();
    first.openFiles([weights, new File(['x'], 'dream.yaml')]);
    for (const newTab of [false, true]) {
      const again = await visit({ newTab });
      expect(again.awaited.value).toBe('dream.safetensors and 1 more');
      expect([again.load.value, again.facts.value, loads(again)]).toEqual([
        { phase: 'awaiting' },
        undefined,
        [],
      ]);
      // Another device is no choice of another model.
      again.start('tfjs-cpu');
      expect([again.load.value.phase, loads(again)]).toEqual(['awaiting', []]);
      expect(again.reopening.value).toEqual({ kind: 'files' });
      const { learnHindrance } = await import('../src/state/learning.js');
      expect(learnHindrance.value).toMatch(/^The model of this page learns, not your own/);
    }
    const again = await visit();
    again.openFiles([weights]);
    expect([again.awaited.value, again.load.value.phase]).toEqual([undefined, 'loading']);
    const left = await visit();
    expect(left.awaited.value).toBe('dream.safetensors');
    left.openModel(undefined);
    expect([left.load.value.phase, asked(left)]).toEqual([
      'loading',
      expect.not.objectContaining({ model: expect.anything() }),
    ]);
    expect((await visit()).awaited.value).toBeUndefined();
  });

  it('that may still be read is opened at once', async () => {
    await openPicked(await visit(), { query: 'granted' });
    const again = await visit();
    expect(asked(again)).toMatchObject({ model: { model: [{ path: 'dream.safetensors' }] } });
    expect([again.awaited.value, again.texts()]).toEqual([undefined, []]);
    again.workers.at(-1)!.answer(readyOn('onnx-wasm'));
    // And once more, for its handle is kept on.
    expect((await visit()).given.value).toBeDefined();
  });

  it('is opened with one click where the browser asks, and stays closed where it is refused', async () => {
    await openPicked(await visit());
    const again = await visit();
    expect([again.awaited.value, loads(again)]).toEqual(['dream.safetensors', []]);
    await again.reopen();
    expect(asked(again)).toMatchObject({ model: { model: [{ path: 'dream.safetensors' }] } });
    expect(again.awaited.value).toBeUndefined();
    await openPicked(again, { request: 'denied' });
    const refused = await visit();
    await refused.reopen();
    expect([refused.awaited.value, refused.load.value.phase]).toEqual(['dream.safetensors', 'awaiting']);
    expect(refused.texts()).toEqual(['dream.safetensors stays closed: its files may not be read.']);
  });

  it('that was moved is said to be so, and can be picked anew', async () => {
    for (const query of ['granted', 'prompt']) {
      const first = await visit();
      vi.stubGlobal('showOpenFilePicker', async () => [handle({ query })]);
      await first.pickModel('files');
      await settled();
      for (const entry of browser.stores.get('spatiallock.model/handles')!.values()) {
        Object.assign(entry as object, { handles: [handle({ query, isGone: true })] });
      }
      const again = await visit();
      await again.reopen();
      expect(again.texts()).toEqual([
        'dream.safetensors cannot be opened again: it was moved; pick it anew.',
      ]);
      expect([again.awaited.value, again.reopening.value]).toEqual(['dream.safetensors', { kind: 'files' }]);
    }
  });

  it('is named also where the database is blocked, never answers, or has no handle any more', async () => {
    for (const behaviour of ['is blocked', 'never answers', 'works'] as const) {
      browser.clear();
      await openPicked(await visit());
      browser.behaviour = behaviour;
      browser.stores.get('spatiallock.model/handles')!.clear();
      vi.useFakeTimers();
      const opening = visit();
      await vi.advanceTimersByTimeAsync(2000);
      vi.useRealTimers();
      const again = await opening;
      expect([again.awaited.value, again.reopening.value]).toEqual(['dream.safetensors', { kind: 'files' }]);
      again.openModel(undefined);
      expect(again.load.value.phase).toBe('loading');
    }
  });

  it('that the browser refuses to note is said to be forgotten with a reload', async () => {
    vi.stubGlobal('localStorage', undefined);
    vi.stubGlobal('sessionStorage', undefined);
    const opened = await visit();
    expect(opened.texts()).toEqual([]);
    for (const name of ['a.safetensors', 'b.safetensors']) opened.openFiles([new File(['x'], name)]);
    expect(opened.texts()).toEqual([expect.stringMatching(/refuses to keep which model is open/)]);
  });
});

describe("a model's settings", () => {
  const stableDiffusion = { steps: 25, guidanceScale: 40, scheduler: 'pndm', details: 0 };
  /** A page whose settings are still as they were when it was left. */
  const open = (left: Partial<Settings>, options?: { readonly newTab?: boolean }) =>
    browser.visit(async () => {
      const [{ facts }, { settings }, { followModel }] = await Promise.all([
        import('../src/state/engine.js'),
        import('../src/state/studio.js'),
        import('../src/state/modelDefaults.js'),
      ]);
      settings.value = { ...standardSettings, ...left };
      followModel();
      const become = (defaults: ModelFacts['defaults']): Settings => {
        const ready = readyOn('onnx-wasm');
        if (ready.type === 'ready') facts.value = { ...ready.facts, defaults };
        return settings.value;
      };
      return { become };
    }, options);

  it('give way to those of the next one also after a reload, unless they were changed by hand', async () => {
    const there = (await open({})).become(stableDiffusion);
    expect(there).toEqual({ ...standardSettings, ...stableDiffusion, guidanceScale: 15 });
    for (const newTab of [false, true]) {
      const again = await open(there, { newTab });
      expect(again.become(stableDiffusion)).toEqual(there);
    }
    const own = { ...there, steps: 12 };
    expect((await open(own)).become(standardSettings)).toEqual(own);
    (await open(there)).become(stableDiffusion);
    expect((await open(there)).become(standardSettings)).toEqual(standardSettings);
  });

  it('are read from what was kept, whatever it is', () => {
    const { steps, guidanceScale, scheduler, details } = standardSettings;
    const usual = { steps, guidanceScale, scheduler, details };
    const kept = { ...stableDiffusion, guidanceScale: 7.5 };
    expect(readDefaults(JSON.stringify(kept))).toEqual(kept);
    for (const edit of [{ steps: 0 }, { guidanceScale: 'x' }, { scheduler: 'none' }, { details: 2 }])
      expect(readDefaults(JSON.stringify({ ...kept, ...edit }))).toEqual(usual);
    const { details: _, ...before } = kept;
    expect(readDefaults(JSON.stringify(before)), 'of before there were details').toEqual({
      ...before,
      details,
    });
    for (const odd of [undefined, '', '{', 'null', '[]']) expect(readDefaults(odd)).toEqual(usual);
  });
});

describe('what was kept of a model', () => {
  it('is read field by field, whatever it is', () => {
    const note = { kind: 'folder', name: 'mine', handles: 'm1', added: ['a'], side: 128 };
    expect(readModelNote(JSON.stringify(note))).toEqual(note);
    expect(readModelNote(JSON.stringify({ ...note, handles: 7, added: 'x', side: 1.5 }))).toEqual({
      kind: 'folder',
      name: 'mine',
      added: [],
    });
    const odd = [{ kind: 'x' }, { name: 7 }, { kind: 'address' }, { kind: 'address', name: 'ftp://x' }];
    for (const edit of odd) expect(readModelNote(JSON.stringify({ ...note, ...edit }))).toBeUndefined();
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readModelNote(text) === undefined));
    expect(readHandles([{ id: 'a', handles: [{ kind: 'file' }] }])).toHaveLength(1);
    for (const broken of [null, 7, {}, { id: 'a' }, { id: 'a', handles: [null] }, { id: 7, handles: [] }]) {
      expect(readHandles([broken])).toEqual([]);
    }
  });
});
