// The frames of a strip, from one visit to the next.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesOf, MOST_BYTES, readStrip, tooOld } from '../src/state/keptStrip.js';
import { samplingOf, standardSettings } from '../src/state/settings.js';
import type { PaintedStrip } from '../src/state/strip.js';
import { browserOfEachTest, plain, settled, type VisitOptions } from './support/visits.js';

const browser = browserOfEachTest();

async function page() {
  const [strips, { notices }, { keepStrip }] = await Promise.all([
    import('../src/state/strip.js'),
    import('../src/state/notices.js'),
    import('../src/state/keptStrip.js'),
  ]);
  await keepStrip();
  const texts = () => notices.value.map(({ text }) => text);
  return { ...strips, texts };
}
const visit = (options?: VisitOptions) => browser.visit(page, options);

const plan = { keyframes: [], between: 2, steps: standardSettings.steps };
/** A strip of `count` frames, of `total`. */
const painted = (id: string, count: number, total = count): PaintedStrip => ({
  ...{ id, plan, total, lost: 0 },
  frames: Array.from({ length: count }, (_, i) => plain(i)),
});
/** Frame by frame, as it is painted. */
async function paint(strips: Awaited<ReturnType<typeof page>>, whole: PaintedStrip): Promise<void> {
  for (const [i] of whole.frames.entries()) {
    strips.strip.value = { ...whole, frames: whole.frames.slice(0, i + 1) };
  }
  await settled();
}
const kept = (): string[] => [...browser.stores.get('spatiallock.strip/frames')!.keys()].sort();

describe('the frames of a strip', () => {
  it('come back in their order, with the plan that they were painted for', async () => {
    const first = await visit();
    first.setPlan('between', 2);
    await paint(first, painted('strip-a-1', 12, 20));
    const again = await visit();
    expect(again.strip.value).toEqual(painted('strip-a-1', 12, 20));
    expect(again.texts()).toEqual([]);
    expect(again.outdatedBy.value).toHaveLength(1);
    again.setPlan('between', 2);
    expect(again.outdatedBy.value).toEqual([]);
    await paint(again, painted('strip-b-1', 2));
    expect(kept()).toEqual(['strip-b-1', 'strip-b-1/0000', 'strip-b-1/0001']);
  });

  it('come back with the seed and the model that painted them', async () => {
    const first = await visit();
    const sampling = { ...samplingOf(standardSettings), seed: 41 };
    const making = { sampling, model: 'mine', side: 32 };
    await paint(first, { ...painted('strip-a-1', 2), making });
    const again = await visit();
    expect(again.strip.value?.making).toEqual(making);
    again.setPlan('between', 2);
    expect(again.outdatedBy.value).toEqual(['from seed 41', 'by another model']);
    const head = browser.stores.get('spatiallock.strip/frames')!;
    const { details: _, ...before } = sampling;
    head.set('strip-a-1', { ...(head.get('strip-a-1') as object), making: { ...making, sampling: before } });
    const older = (await visit()).strip.value?.making;
    expect(older?.sampling, 'before there were details').toEqual({ ...before, details: 0 });
    head.set('strip-a-1', { ...(head.get('strip-a-1') as object), making: { sampling: 3, model: 'mine' } });
    expect((await visit()).strip.value).toEqual(painted('strip-a-1', 2));
  });

  it('are those of their own tab; what another tab shows is not removed', async () => {
    await paint(await visit(), painted('strip-a-1', 2));
    const own = new Map(browser.session);
    const other = await visit({ newTab: true });
    expect(other.strip.value?.id).toBe('strip-a-1');
    await paint(other, painted('strip-b-1', 3));
    expect((await visit({ newTab: true })).strip.value?.id).toBe('strip-b-1');
    for (const [key, value] of own) browser.session.set(key, value);
    const back = await visit();
    expect(back.strip.value).toEqual(painted('strip-a-1', 2));
    // Of others the two latest stay.
    for (const id of ['strip-c-1', 'strip-d-1']) await paint(await visit({ newTab: true }), painted(id, 1));
    await visit({ newTab: true });
    await settled();
    expect(kept().filter((each) => !each.includes('/'))).toEqual(['strip-b-1', 'strip-c-1', 'strip-d-1']);
  });

  it('are not removed by a copy of their tab', async () => {
    await paint(await visit(), painted('strip-a-1', 2));
    const own = new Map(browser.session);
    const copy = await visit({ duplicate: true });
    expect(copy.strip.value).toEqual(painted('strip-a-1', 2));
    await paint(copy, painted('strip-b-1', 3));
    // A copy of the copy leaves its strip, too.
    await paint(await visit({ duplicate: true }), painted('strip-c-1', 1));
    expect(kept().filter((each) => !each.includes('/'))).toEqual(['strip-a-1', 'strip-b-1', 'strip-c-1']);
    for (const [key, value] of own) browser.session.set(key, value);
    const back = await visit();
    expect(back.strip.value).toEqual(painted('strip-a-1', 2));
    await paint(back, painted('strip-d-1', 1));
    expect(kept()).not.toContain('strip-a-1');
  });

  it('that are damaged are left out, and the rest is kept', async () => {
    await paint(await visit(), painted('strip-a-1', 4));
    const store = browser.stores.get('spatiallock.strip/frames')!;
    store.set('strip-a-1/0003', { id: 'strip-a-1/0003', picture: { ...plain(3), width: 9 } });
    store.delete('strip-a-1/0000');
    const again = await visit();
    expect(again.strip.value).toMatchObject({ total: 4, lost: 2, frames: [plain(1), plain(2)] });
    store.clear();
    const empty = await visit();
    expect([empty.strip.value, empty.texts()]).toEqual([
      undefined,
      [expect.stringMatching(/could not be brought back; paint the strip again/)],
    ]);
    expect((await visit()).texts()).toEqual([]);
  });

  it('that the browser refuses to keep are said to be lost with a reload, once', async () => {
    for (const behaviour of ['refuses to write', 'is blocked'] as const) {
      browser.clear();
      browser.behaviour = behaviour;
      const opened = await visit();
      expect(opened.texts()).toEqual([]);
      await paint(opened, painted('strip-a-1', 3));
      expect(opened.texts()).toEqual([expect.stringMatching(/refuses to keep the frames/)]);
      expect(opened.strip.value?.frames).toHaveLength(3);
    }
  });
});

describe('what is kept of a strip', () => {
  it('is as many of its latest frames as fit', () => {
    const side = 1024;
    const most = Math.floor(MOST_BYTES / (3 * side * side));
    const picture = plain(0, side);
    const frames = Array.from({ length: most + 3 }, () => ({ ...picture }));
    const entries = entriesOf({ ...painted('strip-a-1', 0), frames, total: frames.length }, []);
    expect(entries.map(({ id }) => id).slice(0, 2)).toEqual(['strip-a-1', 'strip-a-1/0003']);
    expect(entries).toHaveLength(1 + most);
    expect(readStrip(entries[0], entries.slice(1))!.strip).toMatchObject({ lost: 3, total: most + 3 });
    expect(entriesOf({ ...painted('strip-a-1', 0), frames }, entries)[5]).toBe(entries[5]);
  });

  it('belongs to the latest strips', () => {
    const ids = ['a', 'a/0000', 'b', 'b/0000', 'c', 'd'];
    expect(tooOld(ids, undefined)).toEqual(['a', 'a/0000', 'b', 'b/0000']);
    expect(tooOld(ids, 'a')).toEqual(['b', 'b/0000']);
    expect(tooOld([], 'a')).toEqual([]);
  });

  it('is none where it is not whole, whatever it is', () => {
    const head = { id: 'a', plan: '{', total: 'x' };
    expect(readStrip(head, [{ id: 'a/0000', picture: plain(0) }])!.strip).toMatchObject({ total: 1 });
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue()), (one, others) => {
        expect(readStrip(one, others)).toBeUndefined();
        expect(readStrip(head, others)).toBeUndefined();
      }),
    );
  });
});
