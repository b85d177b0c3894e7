// A learning that ran when the page was left.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { readRun } from '../src/state/keptRun.js';
import { readLearningNote } from '../src/state/learningNote.js';
import { browserOfEachTest, plain, settled, type VisitOptions } from './support/visits.js';
import { holdWorkers, readyOn } from './support/workers.js';

const browser = browserOfEachTest();

/** A page with one picture to learn from, whose model is ready. */
async function page() {
  const workers = holdWorkers();
  const [engine, learning, lessons, { notices }] = await Promise.all([
    import('../src/state/engine.js'),
    import('../src/state/learning.js'),
    import('../src/state/lessons.js'),
    import('../src/state/notices.js'),
  ]);
  const box = { id: 'b', box: [0, 0, 1, 1] as const, phrase: 'a forklift' };
  lessons.restoreLessons([
    { id: 'l', name: 'a.png', picture: plain(7, 4), size: { width: 4, height: 4 }, boxes: [box] },
  ]);
  engine.start('onnx-wasm');
  workers.at(-1)!.answer(readyOn('onnx-wasm'));
  await settled();
  const texts = () => notices.value.map(({ text }) => text);
  return { workers, ...learning, ...lessons, texts };
}
const visit = (options?: VisitOptions) => browser.visit(page, options);
type Visit = Awaited<ReturnType<typeof visit>>;

const state = (steps: number) => ({
  base: 'a'.repeat(64),
  tensors: { weight: { dtype: 'float32', shape: [1], data: Float32Array.of(steps) } },
  losses: Array.from({ length: steps }, (_, i) => 1 / (i + 1)),
});
/** Learns so many steps, of which the state after `kept` is handed over. */
async function learn({ workers }: Visit, done: number, kept: number): Promise<void> {
  const worker = workers.at(-1)!;
  for (let step = 1; step <= done; step++) {
    worker.answer({ type: 'learning', progress: { task: 'training', done: step, steps: 400, loss: 0.5 } });
    if (step === kept) worker.answer({ type: 'learnState', state: state(step) });
  }
  await vi.waitUntil(() => kept === 0 || runs().size > 0);
  await settled();
}
const runs = (): Map<string, unknown> => browser.stores.get('spatiallock.learning.state/states') ?? new Map();
const asked = ({ workers }: Visit): unknown => workers.at(-1)!.sent.at(-1);

describe('a learning that ran when the page was left', () => {
  it('is said to have ended, and goes on from its last state', async () => {
    const first = await visit();
    first.startLearning();
    await learn(first, 30, 25);
    for (let i = 0; i < 2; i++) {
      const again = await visit();
      await vi.waitUntil(
        () => again.learnState.value.phase === 'interrupted' && again.learnState.value.kept > 0,
      );
      expect(again.learnState.value).toEqual({ phase: 'interrupted', done: 30, planned: 400, kept: 25 });
    }
    const again = await visit();
    await again.goOn();
    expect(asked(again)).toMatchObject({ type: 'learn', resumeFrom: state(25), job: { steps: 400 } });
    expect([again.learnState.value.phase, again.losses.value.length, again.texts()]).toEqual([
      'learning',
      25,
      [],
    ]);
    expect((await visit()).learnState.value).toMatchObject({ phase: 'interrupted', done: 25 });
  });

  it('is left alone by a copy of its tab, where it may still run', async () => {
    const first = await visit();
    first.startLearning();
    await learn(first, 30, 25);
    const session = new Map(browser.session);
    // At once, before it is known who has it.
    for (const act of ['goOn', 'discardLearning', 'startLearning'] as const) {
      browser.session.clear();
      for (const [key, value] of session) browser.session.set(key, value);
      const copy = await visit({ duplicate: true });
      const sent = copy.workers.length;
      await copy[act]();
      await vi.waitUntil(() => copy.learnState.value.phase !== 'interrupted');
      expect(copy.workers.length - sent).toBe(act === 'startLearning' ? 1 : 0);
      await new Promise((resolve) => setTimeout(resolve, 1200));
      expect([...runs().keys()]).toHaveLength(1);
    }
    browser.session.clear();
    for (const [key, value] of session) browser.session.set(key, value);
    const again = await visit();
    await vi.waitUntil(
      () => again.learnState.value.phase === 'interrupted' && again.learnState.value.kept > 0,
    );
    expect(again.learnState.value).toMatchObject({ done: 30, kept: 25 });
  });

  it('begins anew where pictures or settings are others, and says so', async () => {
    const edits: readonly ((opened: Visit) => void)[] = [
      ({ setLearnSetting }) => setLearnSetting('batch', 3),
      ({ nameBox }) => nameBox('l', 'b', 'a crane'),
      ({ restoreLessons }) =>
        restoreLessons([
          {
            id: 'm',
            name: 'b.png',
            picture: plain(8, 4),
            size: { width: 4, height: 4 },
            boxes: [{ id: 'c', box: [0, 0, 1, 1], phrase: 'x' }],
          },
        ]),
    ];
    for (const edit of edits) {
      browser.clear();
      const first = await visit();
      first.startLearning();
      await learn(first, 30, 25);
      const again = await visit();
      edit(again);
      await again.goOn();
      expect(asked(again)).toMatchObject({ type: 'learn' });
      expect(asked(again)).not.toHaveProperty('resumeFrom');
      expect(again.texts()).toEqual([
        'Pictures or settings are others than before: the learning begins anew.',
      ]);
    }
  });

  it('begins again where no state was kept or it is damaged', async () => {
    for (const damage of [false, true]) {
      browser.clear();
      const first = await visit();
      first.startLearning();
      await learn(first, 5, damage ? 5 : 0);
      for (const [id, run] of runs()) runs().set(id, { ...(run as object), state: { losses: 'x' } });
      const again = await visit();
      await settled();
      expect(again.learnState.value).toEqual({ phase: 'interrupted', done: 5, planned: 400, kept: 0 });
      await again.goOn();
      expect(asked(again)).not.toHaveProperty('resumeFrom');
      expect(again.learnState.value.phase).toBe('learning');
    }
  });

  it('is forgotten when it is left or is done; another tab is not told', async () => {
    const first = await visit();
    first.startLearning();
    await learn(first, 30, 25);
    const session = new Map(browser.session);
    expect((await visit({ newTab: true })).learnState.value).toEqual({ phase: 'idle' });
    for (const [key, value] of session) browser.session.set(key, value);
    const again = await visit();
    again.discardLearning();
    await settled();
    expect([again.learnState.value, runs().size]).toEqual([{ phase: 'idle' }, 0]);
    expect((await visit()).learnState.value).toEqual({ phase: 'idle' });
    const last = await visit();
    last.startLearning();
    await learn(last, 30, 25);
    last.workers.at(-1)!.answer({ type: 'learnt', adapter: new Uint8Array(), losses: [0.5] });
    await settled();
    expect(runs().size).toBe(0);
    expect((await visit()).learnState.value).toEqual({ phase: 'idle' });
  });

  it('can go on where it failed after a state was kept, here and after a reload, until it is left', async () => {
    const failed = { phase: 'failed', message: 'no memory', kept: 25 };
    const fail = async (opened: Visit): Promise<void> => {
      opened.workers.at(-1)!.answer({ type: 'learnFailed', message: 'no memory' });
      await settled();
    };
    const first = await visit();
    first.startLearning();
    await learn(first, 30, 25);
    await fail(first);
    expect(first.learnState.value).toEqual(failed);
    await first.goOn();
    expect(asked(first)).toMatchObject({ type: 'learn', resumeFrom: state(25) });
    // What it went on from stays where the next try fails, too.
    await fail(first);
    expect(first.learnState.value).toEqual(failed);
    const again = await visit();
    await settled();
    expect(again.learnState.value).toEqual({ phase: 'interrupted', done: 25, planned: 400, kept: 25 });
    await again.goOn();
    again.workers.at(-1)!.die('a script error');
    await settled();
    expect(again.learnState.value).toEqual({ ...failed, message: 'a script error' });
    again.discardLearning();
    await settled();
    expect([again.learnState.value, runs().size]).toEqual([{ phase: 'idle' }, 0]);
    // Without a state there is nothing to go on from.
    again.startLearning();
    await learn(again, 3, 0);
    await fail(again);
    expect(again.learnState.value).toEqual({ phase: 'failed', message: 'no memory' });
    expect((await visit()).learnState.value).toEqual({ phase: 'idle' });
  });

  it('whose state the browser refuses to keep goes on, and the page says so once', async () => {
    browser.behaviour = 'refuses to write';
    const opened = await visit();
    opened.startLearning();
    await settled();
    const worker = opened.workers.at(-1)!;
    for (const steps of [25, 50]) worker.answer({ type: 'learnState', state: state(steps) });
    await vi.waitUntil(() => opened.texts().length > 0);
    await settled();
    expect(opened.texts()).toEqual([expect.stringMatching(/refuses to keep the state of the learning/)]);
    expect(opened.learnState.value.phase).toBe('learning');
  });
});

describe('pictures to learn from', () => {
  const size = { width: 400, height: 402 };
  const lesson = (name: string) => ({ id: name, name, picture: plain(7, 4), size, boxes: [] });
  const coco = JSON.stringify({
    images: [{ id: 1, file_name: 'a.png', width: 4, height: 4 }],
    categories: [{ id: 1, name: 'forklift' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 2, 2] }],
  });
  const boxesFile = () => new File([coco], 'boxes.json');
  const open = () =>
    browser.visit(async () => {
      holdWorkers();
      return {
        ...(await import('../src/state/lessons.js')),
        ...(await import('../src/state/keptLearning.js')),
      };
    });
  const named = ({ lessons }: Awaited<ReturnType<typeof open>>) =>
    lessons.value.map(({ name, boxes }) => [name, ...boxes.map(({ phrase }) => phrase)]);

  it('of an earlier visit are there before files are added, also where their panel was not opened', async () => {
    const first = await open();
    await first.restoreOnce();
    first.restoreLessons([lesson('a.png')]);
    await settled();
    const again = await open();
    await again.addFiles([boxesFile()]);
    expect([named(again), again.faults.value]).toEqual([[['a.png', 'forklift']], []]);
    expect(again.lessons.value[0]!.size).toEqual(size);
    await settled();
    const file = boxesFile();
    // What comes while a file is read stays.
    file.text = async () => {
      again.restoreLessons([lesson('b.png')]);
      return coco;
    };
    await again.addFiles([file]);
    expect(named(again)).toEqual([['b.png'], ['a.png', 'forklift']]);
    await settled();
    const last = await open();
    await last.restoreOnce();
    expect(named(last)).toEqual([['b.png'], ['a.png', 'forklift']].toSorted());
  });

  it('are added after two seconds where the database does not answer', async () => {
    browser.behaviour = 'never answers';
    const opened = await open();
    vi.useFakeTimers();
    const adding = opened.addFiles([boxesFile()]);
    await vi.advanceTimersByTimeAsync(2000);
    await adding;
    expect(opened.faults.value).toEqual([expect.stringMatching(/^boxes.json: names none of the pictures/)]);
    expect(opened.keepsLessons.value).toBe(false);
  });
});

describe('what was kept of a learning', () => {
  it('is read from whatever it is', () => {
    const run = { id: 'l', job: 'x', state: state(3) };
    expect(readRun(run)).toEqual(run);
    const note = { id: 'l', done: 3, planned: 400 };
    expect(readLearningNote(JSON.stringify(note))).toEqual(note);
    for (const edit of [{ id: 7 }, { done: -1 }, { planned: 'x' }])
      expect(readLearningNote(JSON.stringify({ ...note, ...edit }))).toBeUndefined();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readRun(value)).toBeUndefined();
        expect(readRun({ ...run, state: value })).toBeUndefined();
        expect(readLearningNote(JSON.stringify(value))).toBeUndefined();
      }),
    );
  });
});
