// Live: what is painted while a hand moves a box, seen without a model.

import type { Box } from '@spatiallock/core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { drawingOf } from '../src/state/drawing.js';
import * as engine from '../src/state/engine.js';
import { examples } from '../src/state/examples.js';
import { placeBoxes } from '../src/state/group.js';
import { busy, cancelAll, shots, show, shownId } from '../src/state/shots.js';
import * as studio from '../src/state/studio.js';
import type { Job, Request } from '../src/worker/protocol.js';
import { asked, doneOf, type HeldWorker, holdWorkers, readyOn } from './support/workers.js';

let workers: readonly HeldWorker[] = [];
beforeAll(() => {
  workers = holdWorkers();
});
afterAll(() => vi.unstubAllGlobals());

it('shows pictures as what they are: quick, also when another tab ends Live, refined, cancelled, or of the gallery', async () => {
  // The theme of the page asks the browser when it is imported.
  const [{ followDrawing }, { isDragging }] = [
    await import('../src/state/live.js'),
    await import('../src/state/view.js'),
  ];
  studio.restore(drawingOf(examples[0]!.layout));
  studio.setSetting('steps', 6);
  engine.start('onnx-wasm');
  const [worker] = workers;
  worker!.answer(readyOn('onnx-wasm'));
  studio.setSetting('live', true);
  followDrawing();
  const move = (x: number): void => {
    const { id } = studio.drawing.value.objects[0]!;
    placeBoxes(new Map([[id, [x, 0, x + 0.5, 0.5]]]), 'drag');
  };
  isDragging.value = true;
  move(0.1);
  const [first] = asked(worker!);
  worker!.answer(doneOf(first!));
  expect(shots.value.map(({ status }) => status)).toEqual(['running']);
  studio.setSetting('live', false);
  expect(busy.value).toBe(true);
  isDragging.value = false;
  // It says the steps that it was painted with: so it is compared and saved.
  expect(shots.value).toMatchObject([{ status: 'done', title: 'Seed 7, live', sampling: { steps: 4 } }]);
  expect(busy.value).toBe(false);
  // With Live on, what was let go is refined.
  studio.setSetting('live', true);
  isDragging.value = true;
  move(0.2);
  // One for where the hand began, and one for where it is.
  for (let i = 0; i < 2; i++) {
    const id = asked(worker!).at(-1)!;
    worker!.answer({ type: 'step', id, stepIndex: 4, calls: 5, milliseconds: 1 });
    worker!.answer(doneOf(id));
  }
  isDragging.value = false;
  expect(shots.value[0]).toMatchObject({ status: 'running', calls: 6, sampling: { steps: 6 } });
  cancelAll();
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: { steps: 4 } });
  // One that is cancelled before it is there has none of other boxes.
  isDragging.value = true;
  move(0.3);
  expect(shots.value[0]!.picture).toBeDefined();
  cancelAll();
  expect(shots.value[0]).toMatchObject({ status: 'cancelled' });
  expect(shots.value[0]!.picture).toBeUndefined();
  isDragging.value = false;
  // One of the gallery that is put on the canvas is there, and is not painted again.
  const letGoAt = (x: number): void => {
    isDragging.value = true;
    move(x);
    worker!.answer(doneOf(asked(worker!).at(-1)!));
    isDragging.value = false;
    worker!.answer(doneOf(asked(worker!).at(-1)!));
  };
  letGoAt(0.4);
  const { id } = shots.value[0]!;
  letGoAt(0.45);
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: { steps: 6 } });
  const jobs = asked(worker!).length;
  show(id);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([asked(worker!).length, shownId.value]).toEqual([jobs, id]);
  // What undo brings back is painted.
  studio.undo();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(asked(worker!).length).toBe(jobs + 1);
});

it('paints what was asked for while one was made that failed, and refines nothing once it is off', async () => {
  const { isDragging } = await import('../src/state/view.js');
  const worker = workers.at(-1)!;
  cancelAll();
  shots.value = [];
  const { id } = studio.drawing.value.objects[0]!;
  const move = (x: number) => placeBoxes(new Map([[id, [x, 0, x + 0.5, 0.5]]]), 'drag');
  isDragging.value = true;
  move(0.05);
  const first = asked(worker).at(-1)!;
  // The first call is waited for, and the newest boxes wait with it.
  move(0.15);
  expect(asked(worker).at(-1)).toBe(first);
  isDragging.value = false;
  worker.answer({ type: 'failed', id: first, fault: { message: 'too long' } });
  const second = asked(worker).at(-1)!;
  expect(second).not.toBe(first);
  expect(shots.value[0]!.layout.objects[0]!.box[0]).toBe(0.15);
  const jobs = asked(worker).length;
  studio.setSetting('live', false);
  worker.answer(doneOf(second));
  expect(asked(worker).length).toBe(jobs);
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: { steps: 4 } });
  expect(busy.value).toBe(false);
});

it('paints nothing behind another tab, where the drawing is changed, and what is there once it is seen', async () => {
  const { isDragging, isHidden } = await import('../src/state/view.js');
  const worker = workers.at(-1)!;
  const { id } = studio.drawing.value.objects[0]!;
  const paintsWithin = async (act: () => void): Promise<number> => {
    const before = asked(worker).length;
    act();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return asked(worker).length - before;
  };
  isDragging.value = false;
  isHidden.value = true;
  studio.setSetting('live', true);
  expect(await paintsWithin(() => studio.editObject(id, { box: [0, 0, 0.25, 0.25] }))).toBe(0);
  expect(await paintsWithin(() => (isHidden.value = false))).toBe(1);
  expect(shots.value[0]!.layout.objects[0]!.box).toEqual([0, 0, 0.25, 0.25]);
  // One that was begun is finished, and no other follows it.
  isHidden.value = true;
  studio.editObject(id, { box: [0, 0, 0.5, 0.25] });
  const [last] = asked(worker).slice(-1) as [string];
  expect(await paintsWithin(() => worker.answer(doneOf(last)))).toBe(0);
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: { steps: 4 } });
  expect(await paintsWithin(() => (isHidden.value = false))).toBe(1);
  cancelAll();
  studio.setSetting('live', false);
});

it('paints small objects again in the refinement alone, and refines no picture that would be the same', async () => {
  const { isDragging } = await import('../src/state/view.js');
  const worker = workers.at(-1)!;
  const latest = (): Job => {
    const request = worker.sent.findLast(({ type }) => type === 'generate');
    return (request as Extract<Request, { readonly type: 'generate' }>).job;
  };
  const { id } = studio.drawing.value.objects[0]!;
  const place = (box: Box): void => placeBoxes(new Map([[id, box]]), 'drag');
  const end = (): void => worker.answer(doneOf(asked(worker).at(-1)!));
  shots.value = [];
  studio.setSetting('steps', 4);
  isDragging.value = true;
  place([0, 0, 0.25, 0.25]);
  studio.setSetting('live', true);
  expect(latest()).toMatchObject({ steps: 4, details: 0, detailsFollow: true });
  end();
  isDragging.value = false;
  expect(latest()).toMatchObject({ steps: 4, details: 0.3125 });
  expect(latest().detailsFollow).toBeUndefined();
  const step = { type: 'step', id: shots.value[0]!.id, stepIndex: 3, calls: 6, milliseconds: 1 };
  worker.answer(step);
  expect(shots.value[0]).toMatchObject({ status: 'running', stepIndex: 4, calls: 6 });
  end();
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: { steps: 4, details: 0.3125 } });
  // No object is small: the quick picture is what the settings say.
  isDragging.value = true;
  place([0, 0, 0.5, 0.5]);
  expect(latest()).toMatchObject({ steps: 4, details: 0 });
  expect(latest().detailsFollow).toBeUndefined();
  const jobs = asked(worker).length;
  end();
  isDragging.value = false;
  expect(asked(worker).length).toBe(jobs);
  expect(shots.value[0]).toMatchObject({ status: 'done', sampling: studio.samplingNow.value });
  expect(shots.value[0]!.title).toBeUndefined();
  // One that is not refined says that it has no details.
  isDragging.value = true;
  place([0.5, 0, 0.75, 0.25]);
  end();
  studio.setSetting('live', false);
  isDragging.value = false;
  expect(shots.value[0]).toMatchObject({ status: 'done', title: 'Seed 7, live', sampling: { details: 0 } });
});
