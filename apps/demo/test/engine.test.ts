// Pictures in progress and adapters survive whatever the worker does.

import { tensor } from '@spatiallock/core';
import { formatAdapter } from '@spatiallock/core/adapters';
import { loadModel } from '@spatiallock/core/pipeline';
import { fixtureModel } from '@spatiallock/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAdapter } from '../src/state/adapterFile.js';
import * as adapters from '../src/state/adapters.js';
import { fallBack, startDevice } from '../src/state/deviceChoice.js';
import { drawingOf } from '../src/state/drawing.js';
import * as engine from '../src/state/engine.js';
import { examples } from '../src/state/examples.js';
import { keptOf, readKeptAdapter } from '../src/state/keptLearning.js';
import { asksToDiscard, discardLearning, learnState, startLearning } from '../src/state/learning.js';
import { readLearnSettings } from '../src/state/learnJob.js';
import * as lessons from '../src/state/lessons.js';
import { notices } from '../src/state/notices.js';
import { openFiles } from '../src/state/ownModel.js';
import { standardSettings } from '../src/state/settings.js';
import { busy, cancelAll, generate, shots } from '../src/state/shots.js';
import { type PipelineJob, pipelinesOf } from '../src/worker/pipelines.js';
import { jobQueue } from '../src/worker/queue.js';
import { asked, doneOf, type HeldWorker, holdWorkers, readyOn } from './support/workers.js';

const drawing = drawingOf(examples[0]!.layout);
let workers: readonly HeldWorker[] = [];
const latest = (): HeldWorker => workers.at(-1)!;
const statuses = (): readonly string[] => shots.value.map(({ status }) => status);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The bytes of an adapter's file; each number gives another one. */
const adapterBytes = (value: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    formatAdapter({
      base: { hash: 'a'.repeat(64) },
      weights: { unet: { weight: tensor(Float32Array.of(value), [1]) } },
    }),
  );
const adapterOf = (value: number): Promise<engine.LoadedAdapter> => readAdapter(adapterBytes(value));

beforeEach(() => {
  workers = holdWorkers();
  shots.value = [];
  notices.value = [];
  engine.openModel(undefined);
  engine.setAdapter(undefined);
  for (const each of adapters.inactiveAdapters.value) adapters.deleteAdapter(each);
  engine.start('onnx-wasm');
  latest().answer(readyOn('onnx-wasm'));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const paintTwo = (): readonly string[] => {
  generate(drawing, { ...standardSettings, pictures: 2 });
  return asked(latest());
};

function beginLearning(): void {
  const picture = { width: 4, height: 4, channels: 3 as const, data: new Uint8ClampedArray(48) };
  const box = { id: 'b', box: [0, 0, 1, 1] as const, phrase: 'a forklift' };
  lessons.restoreLessons([{ id: 'l', name: 'a.png', picture, size: { width: 4, height: 4 }, boxes: [box] }]);
  startLearning();
}

describe('pictures in progress', () => {
  it('are finished when something was learnt, which is then laid over the model', async () => {
    const painter = latest();
    const ids = paintTwo();
    beginLearning();
    latest().answer({ type: 'learnt', adapter: adapterBytes(1), losses: [0.5] });
    await settled();
    expect(learnState.value.phase).toBe('learnt');
    await vi.waitUntil(() => adapters.pendingAdapter.value);
    expect(statuses()).toEqual(['waiting', 'waiting']);
    expect(painter.isTerminated).toBe(false);
    painter.answer(doneOf(ids[0]!));
    await settled();
    expect([statuses(), engine.adapter.value]).toEqual([['done', 'waiting'], undefined]);
    painter.answer(doneOf(ids[1]!));
    await settled();
    expect(statuses()).toEqual(['done', 'done']);
    expect(engine.adapter.value?.bytes).toEqual(adapterBytes(1));
    expect(adapters.pendingAdapter.value).toBeUndefined();
    expect(latest().sent).toMatchObject([{ type: 'load', adapter: adapterBytes(1) }]);
  });

  it('are not ended by a model that is dropped meanwhile', () => {
    paintTwo();
    openFiles([new File(['x'], 'dream.safetensors')]);
    expect([engine.given.value, busy.value]).toEqual([undefined, true]);
    expect(notices.value.at(-1)!.text).toMatch(/^The model can be opened when the pictures in progress/);
    cancelAll();
    openFiles([new File(['x'], 'dream.safetensors')]);
    expect(engine.given.value).toBeDefined();
  });

  it('begin anew on a device that was lost, once', () => {
    const lost = (id: string) => ({
      type: 'failed',
      id,
      fault: { message: 'the device was lost', reason: 'lost' },
    });
    const [first, second] = paintTwo();
    latest().answer(lost(first!));
    expect(workers.at(-2)!.isTerminated).toBe(true);
    expect(statuses()).toEqual(['waiting', 'waiting']);
    latest().answer(readyOn('onnx-wasm'));
    expect(asked(latest())).toEqual([first, second]);
    latest().answer(lost(first!));
    expect(statuses()).toEqual(['failed', 'waiting']);
    latest().answer(readyOn('onnx-wasm'));
    expect(asked(latest())).toEqual([second]);
    latest().answer(doneOf(second!));
    expect(statuses()).toEqual(['failed', 'done']);
  });

  it('go on with the next device where the lost one does not come back', async () => {
    fallBack();
    const starting = startDevice(undefined);
    await starting;
    latest().answer(readyOn('onnx-wasm'));
    const ids = paintTwo();
    latest().answer({ type: 'failed', id: ids[0], fault: { message: 'gone', reason: 'lost' } });
    latest().answer({
      type: 'loadFailed',
      device: 'onnx-wasm',
      fault: { message: 'gone', reason: 'unavailable' },
    });
    expect(engine.device.value).toBe('tfjs-wasm');
    latest().answer(readyOn('tfjs-wasm'));
    expect(asked(latest())).toEqual(ids);
  });

  it('fail with a reason where their worker dies', () => {
    paintTwo();
    latest().die('a script error');
    expect(shots.value.map(({ status, message }) => [status, message])).toEqual([
      ['failed', 'a script error'],
      ['failed', 'a script error'],
    ]);
    const stopped = { phase: 'failed', message: 'a script error', wasReady: true };
    expect([busy.value, engine.load.value]).toEqual([false, stopped]);
  });

  it('that find no memory fail with what to do, and the others are painted in a new worker', () => {
    const [first, second] = paintTwo();
    const full = latest();
    full.answer({ type: 'failed', id: first, fault: { message: 'std::bad_alloc', reason: 'out-of-memory' } });
    expect([full.isTerminated, latest() === full]).toEqual([true, false]);
    expect(shots.value[0]).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/not enough memory .*fewer boxes.*smaller size.*another device/),
    });
    latest().answer(readyOn('onnx-wasm'));
    expect(asked(latest())).toEqual([second]);
    latest().answer(doneOf(second!));
    const [, next] = paintTwo();
    latest().answer(doneOf(next!));
    expect(statuses()).toEqual(['done', 'waiting', 'failed', 'done']);
  });

  it('whose worker dies without memory fail, and the next are painted in a new worker, unless that dies loading', () => {
    paintTwo();
    const full = latest();
    full.die('Uncaught RangeError: Array buffer allocation failed');
    expect([full.isTerminated, statuses()]).toEqual([true, ['failed', 'failed']]);
    expect(engine.load.value.phase).toBe('loading');
    latest().answer(readyOn('onnx-wasm'));
    expect(asked(latest())).toEqual([]);
    const ids = paintTwo();
    expect(asked(latest())).toEqual(ids);
    cancelAll();
    latest().die('out of memory');
    expect(engine.load.value).toEqual({ phase: 'failed', message: 'out of memory', wasReady: true });
    const count = workers.length;
    engine.start('onnx-wasm');
    latest().die('out of memory');
    expect([workers.length, engine.load.value.phase]).toEqual([count + 1, 'failed']);
  });

  it('are not asked of a worker that could not load its model', () => {
    engine.start('onnx-wasm');
    latest().answer({ type: 'loadFailed', device: 'onnx-wasm', fault: { message: 'out of memory' } });
    expect([latest().isTerminated, engine.load.value]).toEqual([
      true,
      { phase: 'failed', message: 'out of memory' },
    ]);
  });

  it('that are cancelled while the model loads do not begin its loading anew', () => {
    vi.useFakeTimers();
    paintTwo();
    engine.start('onnx-wasm');
    const loading = latest();
    cancelAll();
    vi.advanceTimersByTime(60_000);
    expect(statuses()).toEqual(['cancelled', 'cancelled']);
    expect([latest() === loading, loading.isTerminated]).toEqual([true, false]);
    loading.answer(readyOn('onnx-wasm'));
    paintTwo();
    cancelAll();
    vi.advanceTimersByTime(60_000);
    // This one had time to notice, and did not.
    expect(loading.isTerminated).toBe(true);
  });

  it('that are removed while they wait leave the one that runs alone, however long its steps take', () => {
    vi.useFakeTimers();
    const painter = latest();
    const [first, second] = paintTwo();
    engine.cancel([second!]);
    vi.advanceTimersByTime(60_000);
    expect([statuses(), painter.isTerminated]).toEqual([['waiting', 'cancelled'], false]);
    painter.answer(doneOf(first!));
    painter.answer({ type: 'cancelled', id: second });
    vi.advanceTimersByTime(60_000);
    expect([statuses(), painter.isTerminated]).toEqual([['done', 'cancelled'], false]);
    const [third, fourth] = paintTwo().slice(-2);
    engine.cancel([fourth!]);
    painter.answer(doneOf(third!));
    // It was begun before the worker heard that nobody wants it, and hangs.
    vi.advanceTimersByTime(60_000);
    expect(painter.isTerminated).toBe(true);
  });
});

describe("the worker's queue", () => {
  it('drops a job that waits at once, and tells the one that runs to stop', async () => {
    const told: string[] = [];
    const ends: (() => void)[] = [];
    const queue = jobQueue<number>(
      (id, job, signal) => {
        told.push(`${id} runs ${job}`);
        signal.addEventListener('abort', () => told.push(`${id} stops`));
        return new Promise((end) => ends.push(end));
      },
      (id) => told.push(`${id} is dropped`),
    );
    for (const [i, id] of ['a', 'b', 'c'].entries()) queue.add(id, i);
    await settled();
    queue.cancel('b');
    expect(told).toEqual(['a runs 0', 'b is dropped']);
    queue.cancel('b');
    queue.cancel('nobody');
    // One that is asked for anew under its id is another one.
    queue.add('b', 7);
    queue.cancel('a');
    for (let i = 0; i < 3; i++) {
      ends[i]!();
      await settled();
    }
    queue.cancel('c');
    expect(told).toEqual(['a runs 0', 'b is dropped', 'a stops', 'c runs 2', 'b runs 7']);
  });
});

describe('a learning', () => {
  it('is discarded at once before its first step, and later when that is asked for twice', () => {
    beginLearning();
    discardLearning();
    expect([learnState.value.phase, latest().isTerminated]).toEqual(['idle', true]);
    beginLearning();
    const progress = { task: 'training', done: 1, steps: 400, loss: 0.5 };
    latest().answer({ type: 'learning', progress });
    discardLearning();
    expect([learnState.value.phase, asksToDiscard.value]).toEqual(['learning', true]);
    discardLearning();
    expect([learnState.value.phase, asksToDiscard.value]).toEqual(['idle', false]);
  });

  it('has settings that are read from what was kept, whatever it is', () => {
    const standard = { steps: 400, batch: 8, rehearsed: 64 };
    expect(readLearnSettings('{"steps":20,"batch":99,"rehearsed":"x"}')).toEqual({ ...standard, steps: 20 });
    for (const odd of [undefined, '', '{', 'null', '7', '[]']) {
      expect(readLearnSettings(odd)).toEqual(standard);
    }
  });
});

describe('a device', () => {
  it('whose worker the browser refuses is said to be so, and the page goes on', async () => {
    vi.stubGlobal('Worker', function refuse() {
      throw new Error('workers are blocked');
    });
    engine.start('onnx-wasm');
    expect(engine.load.value).toEqual({ phase: 'failed', message: 'workers are blocked' });
    await engine.probe('tfjs-cpu');
    expect(engine.probes.value['tfjs-cpu']).toEqual({ passed: false, why: 'workers are blocked' });
  });

  it('that is chosen stays, also when self-tests that were begun before end later', async () => {
    let answer: (card: null) => void = () => undefined;
    vi.stubGlobal('navigator', {
      gpu: { requestAdapter: () => new Promise((resolve) => (answer = resolve)) },
    });
    const automatic = startDevice(undefined);
    await startDevice('tfjs-cpu');
    const count = workers.length;
    answer(null);
    await automatic;
    expect([engine.device.value, workers.length]).toEqual(['tfjs-cpu', count]);
  });
});

describe('a graphics card', () => {
  it('whose driver never answers is done without', async () => {
    vi.useFakeTimers();
    vi.stubGlobal('navigator', { gpu: { requestAdapter: () => new Promise(() => undefined) } });
    const count = workers.length;
    const automatic = startDevice(undefined);
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    expect(workers.length).toBe(count + 1);
    await automatic;
    expect(engine.device.value).toBe('onnx-wasm');
  });
});

describe('what was learnt', () => {
  const fails = { type: 'loadFailed', device: 'onnx-wasm', fault: { message: 'does not fit' } };

  it('stays where another file that is opened over it does not fit', async () => {
    const [learnt, other] = [await adapterOf(1), await adapterOf(2)];
    adapters.applyAdapter(learnt);
    latest().answer(readyOn('onnx-wasm'));
    adapters.applyAdapter({ ...other, unproven: true });
    latest().answer(fails);
    adapters.removeAdapter();
    expect(engine.adapter.value).toBeUndefined();
    expect(adapters.inactiveAdapters.value).toEqual([learnt]);
    expect(keptOf([], engine.adapter.value, adapters.inactiveAdapters.value)).toMatchObject([
      { bytes: learnt.bytes, place: 1 },
    ]);
    adapters.applyAdapter(learnt);
    expect(latest().sent).toMatchObject([{ adapter: learnt.bytes }]);
    expect(adapters.inactiveAdapters.value).toEqual([]);
  });

  it('is set aside when it is taken off or something else is learnt, and dropped when that is asked for', async () => {
    const [first, second] = [await adapterOf(1), await adapterOf(2)];
    await adapters.applyAdapterWhenIdle(first);
    await adapters.applyAdapterWhenIdle(second);
    expect([engine.adapter.value, adapters.inactiveAdapters.value]).toEqual([second, [first]]);
    adapters.removeAdapter();
    expect([engine.adapter.value, adapters.inactiveAdapters.value]).toEqual([undefined, [second, first]]);
    adapters.deleteAdapter(second);
    expect(adapters.inactiveAdapters.value).toEqual([first]);
    // However much is learnt, nothing goes by itself.
    const more = await Promise.all([3, 4, 5, 6, 7, 8].map(adapterOf));
    for (const each of more) await adapters.applyAdapterWhenIdle(each);
    expect(adapters.inactiveAdapters.value).toEqual([...more.slice(0, -1).toReversed(), first]);
  });

  it('is kept at once; a file is kept when the model was loaded with it', async () => {
    const [learnt, file] = [await adapterOf(1), await adapterOf(2)];
    const kept = keptOf([], learnt, []);
    expect(kept).toMatchObject([{ bytes: learnt.bytes, place: 0 }]);
    expect(keptOf(kept, { ...file, unproven: true }, [learnt])).toMatchObject([
      { id: kept[0]!.id, bytes: learnt.bytes, place: 1 },
    ]);
    expect(keptOf(kept, learnt, [])[0]).toBe(kept[0]);
    adapters.applyAdapter({ ...file, unproven: true });
    latest().answer(readyOn('onnx-wasm'));
    expect(engine.adapter.value).toEqual(file);
  });

  it('is read from what was kept, also by earlier versions of the page', () => {
    const bytes = Uint8Array.of(1);
    const old = { id: 'adapter', bytes, words: ['forklift'] };
    expect(readKeptAdapter(old)).toEqual([{ ...old, place: 0 }]);
    for (const broken of [
      null,
      7,
      {},
      { ...old, words: [7] },
      { ...old, bytes: [1] },
      { ...old, place: -1 },
    ]) {
      expect(readKeptAdapter(broken)).toEqual([]);
    }
  });
});

describe("the autoencoder's encoder", () => {
  const plain: PipelineJob = { mode: 'held', strength: 1, guideStrength: 0, details: 0 };
  const detailed = { ...plain, details: 0.3 };

  /** Pipelines that compute nothing, and how often the encoder was asked for. */
  async function opened(encoder: () => Promise<object> = async () => ({})) {
    const load = vi.fn(encoder);
    const model = await loadModel(fixtureModel(), []);
    const backend = {
      name: 'none',
      compile: () => Promise.reject(new Error('none')),
      dispose: async () => undefined,
    };
    const plugins = { plain: [], guided: async () => [] };
    const all = pipelinesOf({
      ...{ model, backend, plugins, onProgress: () => undefined },
      encoder: async () => ({ ...(await load()) }),
    });
    return { load, of: async (job: PipelineJob) => (await all.of(job)).pipeline };
  }

  it('is loaded once, by the first picture with details, and all are painted with it from then on', async () => {
    const { load, of } = await opened();
    const before = await of(plain);
    expect(await of({ ...plain, detailsFollow: true }), 'compiled already').toBe(before);
    expect(load).not.toHaveBeenCalled();
    const after = await of(detailed);
    expect(after).not.toBe(before);
    expect([await of(plain), await of(detailed)]).toEqual([after, after]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is loaded before anything is compiled where details follow', async () => {
    const { load, of } = await opened();
    const first = await of({ ...plain, detailsFollow: true });
    expect(load).toHaveBeenCalledTimes(1);
    expect(await of(detailed)).toBe(first);
  });

  it('that cannot be loaded fails pictures with details alone, and is tried again', async () => {
    let isOffline = true;
    const { of } = await opened(async () => {
      if (isOffline) throw new Error('is there a network?');
      return {};
    });
    await of({ ...plain, detailsFollow: true });
    await expect(of(detailed)).rejects.toThrow('is there a network?');
    await of(plain);
    isOffline = false;
    await of(detailed);
  });
});
