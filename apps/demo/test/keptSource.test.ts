// The picture that is painted over, from one visit to the next.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { DrawnObject } from '../src/state/drawing.js';
import { readSourceNote, readStarts } from '../src/state/keptSource.js';
import { browserOfEachTest, plain, settled } from './support/visits.js';

const browser = browserOfEachTest();

const objects: readonly DrawnObject[] = ['a', 'b'].map((id, i) => ({
  ...{ id, phrase: 'a dog', colour: i },
  box: [0, 0, 1, 1],
}));

/** A page with two boxes, on which what was kept is brought back. */
async function page() {
  const [source, studio, selection, { notices }, { keepStart }] = await Promise.all([
    import('../src/state/source.js'),
    import('../src/state/studio.js'),
    import('../src/state/selection.js'),
    import('../src/state/notices.js'),
    import('../src/state/keptSource.js'),
  ]);
  studio.restore({ prompt: '', negativePrompt: '', objects });
  const keeping = keepStart();
  return { source, studio, selection, notices, keeping };
}

const visit = async (options?: { readonly newTab?: boolean }) => {
  const opened = await browser.visit(page, options);
  await opened.keeping;
  return opened;
};
const texts = ({ notices }: Awaited<ReturnType<typeof page>>): readonly string[] =>
  notices.value.filter(({ kind }) => kind === 'error').map(({ text }) => text);
const pictures = () => browser.stores.get('spatiallock.source/pictures')!;

describe('the picture that is painted over', () => {
  it('comes back with its extent, strength and selected boxes, and pictures made from it count as such', async () => {
    const first = await visit();
    first.source.startFrom(plain(7), 'sky.jpg');
    first.source.extent.value = 'whole';
    first.source.imageStrength.value = 0.35;
    first.selection.select('gone', 'b');
    const key = first.source.placeKey(first.studio.drawing.value);
    await settled();
    const again = await visit();
    expect(again.source.startPicture.value).toMatchObject({ title: 'sky.jpg', picture: plain(7) });
    expect([again.source.extent.value, again.source.imageStrength.value]).toEqual(['whole', 0.35]);
    expect(again.selection.selectedIds.value).toEqual(['b']);
    expect(again.source.placeKey(again.studio.drawing.value)).toBe(key);
    expect(texts(again)).toEqual([]);
    again.source.dropStart();
    await settled();
    expect((await visit()).source.startPicture.value).toBeUndefined();
  });

  it('is the one of its own tab; a new tab has the latest', async () => {
    const first = await visit();
    first.source.startFrom(plain(1), 'first');
    await settled();
    const own = new Map(browser.session);
    const second = await visit({ newTab: true });
    expect(second.source.startPicture.value?.title).toBe('first');
    const taken = new Map(browser.session);
    second.source.startFrom(plain(2), 'second');
    await settled();
    expect((await visit({ newTab: true })).source.startPicture.value?.title).toBe('second');
    for (const tab of [own, taken]) {
      browser.session.clear();
      for (const [key, value] of tab) browser.session.set(key, value);
      expect((await visit()).source.startPicture.value?.title).toBe('first');
    }
  });

  it('is one of four that are kept', async () => {
    const { source } = await visit();
    for (let i = 0; i < 7; i++) source.startFrom(plain(i), `picture ${i}`);
    await settled();
    const kept = [...pictures().values()] as { readonly title: string }[];
    expect(kept.map(({ title }) => title).sort()).toEqual([3, 4, 5, 6].map((i) => `picture ${i}`));
  });

  it('that is damaged or gone is said to be so, once, and the rest is kept', async () => {
    const damages: readonly (() => void)[] = [
      () => pictures().clear(),
      () => {
        for (const [id, entry] of pictures())
          pictures().set(id, { ...(entry as object), picture: { ...plain(0), width: 3 } });
      },
    ];
    for (const damage of damages) {
      const first = await visit();
      first.source.startFrom(plain(9), 'sky.jpg');
      first.source.extent.value = 'whole';
      await settled();
      damage();
      const again = await visit();
      expect(texts(again)).toEqual([expect.stringMatching(/could not be brought back; open it again/)]);
      expect([again.source.startPicture.value, again.source.extent.value]).toEqual([undefined, 'whole']);
      again.source.startFrom(plain(9), 'sky.jpg');
      await settled();
      expect(texts(await visit())).toEqual([]);
    }
  });

  it('that the browser refuses to keep is said to be lost with a reload', async () => {
    for (const behaviour of ['refuses to write', 'is blocked'] as const) {
      browser.clear();
      browser.behaviour = behaviour;
      const opened = await visit();
      expect(texts(opened)).toEqual([]);
      opened.source.startFrom(plain(1), 'sky.jpg');
      opened.source.startFrom(plain(2), 'sea.jpg');
      await settled();
      expect(texts(opened)).toEqual([expect.stringMatching(/refuses to keep the picture/)]);
      expect(opened.source.startPicture.value?.title).toBe('sea.jpg');
    }
  });

  it('is not waited for where the database never answers, and is tried again with the next visit', async () => {
    const first = await visit();
    first.source.startFrom(plain(1), 'sky.jpg');
    await settled();
    browser.behaviour = 'never answers';
    const opened = await browser.visit(page);
    vi.useFakeTimers();
    const waiting = await browser.visit(page);
    await vi.advanceTimersByTimeAsync(2000);
    await waiting.keeping;
    vi.useRealTimers();
    expect(texts(waiting)).toEqual([expect.stringMatching(/does not answer/)]);
    expect(opened.source.startPicture.value).toBeUndefined();
    browser.behaviour = 'works';
    expect((await visit()).source.startPicture.value?.title).toBe('sky.jpg');
  });

  it('that was opened before the earlier one is there stays', async () => {
    const first = await visit();
    first.source.startFrom(plain(1), 'earlier');
    await settled();
    const opened = await browser.visit(page);
    opened.source.startFrom(plain(2), 'newer');
    await opened.keeping;
    expect(opened.source.startPicture.value?.title).toBe('newer');
  });
});

describe('what was kept of it', () => {
  it('is read field by field, whatever it is', () => {
    const standard = { extent: 'boxes', strength: 0.6, selected: [] };
    for (const odd of [
      undefined,
      '',
      '{',
      'null',
      '[]',
      '{"id":7,"extent":"x","strength":2,"selected":{}}',
    ]) {
      expect(readSourceNote(odd)).toEqual(standard);
    }
    expect(readSourceNote('{"id":"s","selected":["a",7],"strength":0.05}')).toEqual({
      ...standard,
      id: 's',
      selected: ['a'],
      strength: 0.05,
    });
    const entry = { id: 's', title: 7, picture: plain(0) };
    expect(readStarts([null, 7, {}, entry, { ...entry, id: 7 }])).toEqual([{ ...entry, title: 'picture' }]);
    fc.assert(fc.property(fc.array(fc.jsonValue()), (found) => readStarts(found).length === 0));
  });
});
