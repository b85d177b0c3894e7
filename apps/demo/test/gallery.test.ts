// What is made of pictures that an earlier visit kept.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeChanges } from '../src/state/database.js';
import { drawingOf, layoutOf } from '../src/state/drawing.js';
import { adapter, facts, given } from '../src/state/engine.js';
import { examples } from '../src/state/examples.js';
import { notices } from '../src/state/notices.js';
import { openDocument } from '../src/state/openDocument.js';
import { samplingOf, standardSettings, variantOf } from '../src/state/settings.js';
import {
  add,
  adopt,
  bringBack,
  busy,
  cancelAll,
  edit,
  findMade,
  generate,
  readShots,
  remove,
  removed,
  type Shot,
  shots,
  show,
  withRoom,
} from '../src/state/shots.js';
import { dropStart, extent, placeKey, startFrom } from '../src/state/source.js';
import { restore, settings, typedSeed, typeSeed } from '../src/state/studio.js';

const drawing = drawingOf(examples[0]!.layout);
const picture = (side = 2) => ({
  width: side,
  height: side,
  channels: 3 as const,
  data: new Uint8ClampedArray(3 * side * side),
});
const variant = () => variantOf(samplingOf(settings.value));

/** One press of the button, kept as the database would keep it. */
const made = (count = 1): readonly Shot[] =>
  add(drawing, Array.from({ length: count }, variant), { status: 'done', picture: picture() }).map((shot) =>
    structuredClone(shot),
  );

describe('kept pictures', () => {
  it('come back the newest first, those of one press together, as runs of their own', () => {
    const [older, newer] = [
      made(2).map((shot) => ({ ...shot, id: `a-1-${shot.id.at(-1)}` })),
      made(1).map((shot) => ({ ...shot, id: 'b-1-0' })),
    ];
    const back = readShots([older[1], newer[0], older[0]]);
    expect(back.map(({ id }) => id)).toEqual(['b-1-0', 'a-1-0', 'a-1-1']);
    expect(back[1]!.run).toBe(back[2]!.run);
    expect(back[0]!.run).not.toBe(back[1]!.run);
    const [next] = made();
    expect(back.map(({ run }) => run)).not.toContain(next!.run);
    expect(new Set(shots.value.map(({ run }) => run))).toContain(next!.run);
  });

  it('are no more than the gallery holds', () => {
    const [shot] = made();
    const many = Array.from({ length: 40 }, (_, i) => ({
      ...shot!,
      id: `c${String(i).padStart(2, '0')}-1-0`,
    }));
    const back = readShots(many);
    expect(back).toHaveLength(24);
    expect(back[0]!.id).toBe('c39-1-0');
  });

  it('that are not whole are left out', () => {
    const [shot] = made();
    const { picture: _, ...bare } = shot!;
    const broken: readonly unknown[] = [
      null,
      7,
      {},
      bare,
      { ...shot, id: 3 },
      { ...shot, status: 'running' },
      { ...shot, status: 'constructor' },
      { ...shot, drawing: undefined },
      { ...shot, layout: { prompt: 1, objects: [] } },
      { ...shot, layout: { prompt: 'a', objects: [null] } },
      { ...shot, layout: { prompt: 'a' } },
      { ...shot, sampling: 'fast' },
      { ...shot, sampling: null },
      { ...shot, picture: { ...picture(), data: [0, 0, 0] } },
      { ...shot, picture: { ...picture(), width: 3 } },
    ];
    expect(readShots(broken)).toEqual([]);
    expect(readShots([{ ...bare, status: 'cancelled' }, shot])).toHaveLength(2);
    fc.assert(fc.property(fc.jsonValue(), (value) => readShots([value]).length === 0));
  });

  it('keep what is right of them, field by field, and can be shown', () => {
    const [given] = made();
    const judged = [{ phrase: 'a dog', box: [0, 0, 1, 1], detector: null }];
    const shot = { ...given!, judged, message: 'none', live: true };
    const [whole] = readShots([shot]);
    expect({ ...whole, run: shot.run }).toEqual(shot);
    const read = (edit: object): Shot => readShots([{ ...shot, ...edit }])[0]!;
    expect(read({ colours: undefined }).colours).toEqual(shot.colours);
    expect(read({ times: 'none' }).times).toEqual([]);
    expect(read({ mode: 'toString' }).mode).toBe('held');
    expect(read({ seed: 'x', calls: -3, stepIndex: null })).toMatchObject({ seed: shot.seed, calls: 1 });
    for (const odd of [7, [null], [{ phrase: 'a dog', box: [0, 0, 1] }], [{ ...judged[0], detector: 7 }]]) {
      expect(read({ judged: odd }).judged).toBeUndefined();
    }
    const { details: _, ...before } = shot.sampling;
    expect(read({ sampling: before }).sampling, 'before there were details').toEqual({
      ...before,
      details: 0,
    });
    const odd = read({ sampling: { ...shot.sampling, scheduler: 'bogus', steps: 1e9 } });
    expect(odd.sampling.scheduler).toBe('bogus');
    shots.value = [odd];
    show(odd.id);
    expect(settings.value).toMatchObject({ scheduler: 'ddim', steps: standardSettings.steps });
  });
});

describe('the gallery', () => {
  it('drops pictures of Live before the others', () => {
    shots.value = [];
    const asked = made(20);
    for (let i = 0; i < 30; i++)
      add(drawing, [variant()], { status: 'done', picture: picture(), live: true });
    expect(shots.value).toHaveLength(24);
    expect(shots.value.filter(({ live }) => !live).map(({ id }) => id)).toEqual(asked.map(({ id }) => id));
    made(24);
    expect(shots.value.filter(({ live }) => live)).toEqual([]);
    expect(withRoom(shots.value)).toBe(shots.value);
  });

  it('brings back the picture that was removed last, in its place', () => {
    shots.value = [];
    made(2);
    made(2);
    const before = shots.value;
    for (const { id } of before) {
      remove(id);
      expect(shots.value).toHaveLength(3);
      bringBack();
      expect(shots.value).toEqual(before);
    }
    bringBack();
    expect(shots.value).toEqual(before);
    const [open] = add(drawing, [variant()]);
    remove(open!.id);
    expect(removed.value).toBeUndefined();
  });

  it('brings back also the oldest picture of a gallery that is full again', () => {
    shots.value = [];
    for (let i = 0; i < 24; i++) made();
    const { id } = shots.value.at(-1)!;
    remove(id);
    made();
    bringBack();
    expect(shots.value).toHaveLength(24);
    expect(shots.value.map((shot) => shot.id)).toContain(id);
  });

  it('keeps what new pictures are compared with', () => {
    shots.value = [];
    made(24);
    const { id } = shots.value.at(-1)!;
    add(drawing, [variant()], { status: 'done', picture: picture() }, [id]);
    expect(shots.value).toHaveLength(24);
    expect(shots.value.map((shot) => shot.id)).toContain(id);
  });

  it('takes no picture of another model for one of the model that is open', () => {
    shots.value = [];
    const find = () => findMade(drawing, samplingOf(settings.value))?.id;
    const bytesOf = (value: number) => ({ bytes: new Uint8Array(8).fill(value), words: [] });
    const ids: string[] = [];
    const models = [undefined, bytesOf(1), bytesOf(2)];
    for (const model of models) {
      adapter.value = model;
      expect(find()).toBeUndefined();
      const key = placeKey(drawing);
      const edit = { status: 'done', picture: picture(), ...(key ? { place: key } : {}) } as const;
      ids.push(add(drawing, [variant()], edit)[0]!.id);
    }
    for (const [i, model] of models.entries()) {
      adapter.value = model;
      expect(find()).toBe(ids[i]);
    }
    adapter.value = undefined;
    given.value = { model: 'https://site.test/model' };
    expect(find()).toBeUndefined();
    given.value = undefined;
  });

  it('takes no picture of a file for one that was painted here, also after a reload', () => {
    shots.value = [];
    adopt(drawing, samplingOf(settings.value), picture());
    const find = () => findMade(drawing, samplingOf(settings.value));
    expect([shots.value[0]!.status, find()]).toEqual(['done', undefined]);
    shots.value = readShots([structuredClone(shots.value[0])]);
    expect([shots.value.length, find()]).toEqual([1, undefined]);
  });

  it('knows what its pictures were painted over, also after a reload, and says where that is not here', () => {
    restore(drawing);
    shots.value = [];
    notices.value = [];
    facts.value = { name: 'emoji', imageSize: { width: 2, height: 2 } } as typeof facts.value;
    startFrom({ ...picture(), width: 4, height: 1 }, 'wide.png');
    expect(notices.value.at(-1)!.text).toMatch(/^wide\.png is what is painted over, its middle as a square;/);
    startFrom(picture(), 'cat.png');
    expect(notices.value.at(-1)!.text).toMatch(/^cat\.png is what is painted over;/);
    for (const part of ['boxes', 'whole'] as const) {
      extent.value = part;
      generate(drawing, settings.value);
    }
    const [whole, boxes] = shots.value as [Shot, Shot];
    expect(boxes.extra).toEqual({ image: 'cat.png', keep: true, model: 'emoji' });
    expect(whole.extra).toEqual({ image: 'cat.png', imageStrength: 0.6, model: 'emoji' });
    edit(whole.id, { status: 'done', picture: picture() });
    const done = shots.value[0]!;
    const [back] = readShots([structuredClone({ ...done, extra: { ...done.extra, objects: 'x' } })]);
    expect(back!.extra).toEqual(whole.extra);
    const said = () => notices.value.some(({ text }) => text.includes('what it was painted over are others'));
    show(whole.id);
    expect(said()).toBe(false);
    dropStart();
    show(whole.id);
    expect(said()).toBe(true);
    extent.value = 'boxes';
    facts.value = undefined;
    cancelAll();
  });

  it('and documents bring back their seed also where one was typed that cannot be used', () => {
    restore(drawing);
    const [{ id }] = made() as [Shot];
    const { seed } = settings.value;
    for (const bring of [
      () => show(id),
      () => openDocument({ layout: layoutOf(drawing), sampling: { seed }, faults: [] }, 'The link'),
    ]) {
      typeSeed('x');
      bring();
      expect([typedSeed.value, settings.value.seed]).toEqual([undefined, seed]);
    }
    typeSeed('x');
    openDocument({ layout: layoutOf(drawing), sampling: {}, faults: [] }, 'layout.json');
    expect(typedSeed.value).toBe('x');
  });

  it('does not leave pictures without a job running', () => {
    shots.value = [];
    const [waiting] = add(drawing, [variant()], { status: 'running' });
    const [quick] = add(drawing, [variant()], { status: 'running', judged: [], picture: picture() });
    cancelAll();
    const statusOf = (shot: Shot | undefined) => shots.value.find(({ id }) => id === shot?.id)?.status;
    expect([statusOf(waiting), statusOf(quick), busy.value]).toEqual(['cancelled', 'done', false]);
  });
});

describe('what the browser refuses to keep', () => {
  /** A store that refuses some entries, or whole transactions. */
  function refusing() {
    const kept = new Map<string, unknown>();
    const state = { refuses: (_: string): boolean => false, aborts: false };
    type Handler = ((event: { preventDefault(): void }) => void) | null;
    const database = {
      transaction: () => {
        const own = { onabort: null as Handler, objectStore: () => store };
        const requests: (() => void)[] = [];
        const ask = (id: string, act: () => void) => {
          const request = { onerror: null as Handler };
          requests.push(() => {
            if (state.aborts) return;
            if (state.refuses(id)) request.onerror?.({ preventDefault: () => undefined });
            else act();
          });
          return request;
        };
        const store = {
          put: (entry: { readonly id: string }) => ask(entry.id, () => kept.set(entry.id, entry)),
          delete: (id: string) => ask(id, () => kept.delete(id)),
        };
        queueMicrotask(() => {
          for (const answer of requests) answer();
          if (state.aborts) own.onabort?.({ preventDefault: () => undefined });
        });
        return own;
      },
    };
    return { kept, state, database: database as unknown as IDBDatabase };
  }

  it('is reported, and tried again with the next change', async () => {
    const { kept, state, database } = refusing();
    const stored = new Map<string, { readonly id: string } | undefined>();
    let refusals = 0;
    const write = async (...ids: readonly string[]) => {
      writeChanges(
        database,
        'shots',
        stored,
        ids.map((id) => entries[id] ?? { id }),
        () => refusals++,
      );
      await Promise.resolve();
    };
    const entries: Record<string, { readonly id: string }> = {
      a: { id: 'a' },
      b: { id: 'b' },
      c: { id: 'c' },
    };
    state.refuses = (id) => id === 'b';
    await write('a', 'b');
    expect([[...kept.keys()], refusals]).toEqual([['a'], 1]);
    state.refuses = () => false;
    await write('a', 'b');
    expect([...kept.keys()]).toEqual(['a', 'b']);
    state.aborts = true;
    await write('b', 'c');
    expect([[...kept.keys()], refusals]).toEqual([['a', 'b'], 2]);
    state.aborts = false;
    await write('b', 'c');
    expect([[...kept.keys()], refusals]).toEqual([['b', 'c'], 2]);
  });
});
