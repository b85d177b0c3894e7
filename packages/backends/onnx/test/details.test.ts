// Small objects that are painted again, in whole pipelines on the fixtures' small networks.

import {
  fromPretrained,
  type GenerateResult,
  type Layout,
  type Plugin,
  type StepEvent,
  type StreamOptions,
} from '@spatiallock/core';
import { poi } from '@spatiallock/poi';
import { fixtureModel } from '@spatiallock/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, worst } from './support.js';

const small: Layout = {
  prompt: 'a dog and an apple',
  objects: [
    { phrase: 'a dog', box: [0.4, 0.3, 0.95, 0.9] },
    { phrase: 'an apple', box: [0.05, 0.05, 0.25, 0.25] },
  ],
};
const large: Layout = { ...small, objects: small.objects.slice(0, 1) };
const quick = { steps: 3, scheduler: 'ddim', seed: 3 };
const details = { below: 0.25 };

const pipe = await fromPretrained(fixtureModel(), { backend, plugins: [poi()] });

afterAll(async () => {
  await pipe.dispose();
  await backend.dispose();
});

const painted = (
  options: StreamOptions = {},
  layouts: Layout | readonly Layout[] = small,
): Promise<GenerateResult> => pipe.generate(layouts, { ...quick, ...options });

const plain = await painted();

describe('details', () => {
  it('change the small object and its surroundings alone, in calls of their own', async () => {
    const { images, calls, latents, steps } = await painted({ details });
    expect({ calls, steps }).toEqual({ calls: 5, steps: 3 });
    expect(latents).toEqual(plain.latents);
    const [before, after] = [plain.images[0]!, images[0]!];
    const changed = Array.from(after.data.keys()).filter((i) => after.data[i] !== before.data[i]);
    expect(changed.length).toBeGreaterThan(0);
    const { width, height } = before;
    for (const i of changed) {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      expect(Math.max(x / width, y / height)).toBeLessThan(0.25 + 5 / width);
    }
  });

  it('tell of every call, how many there are in all, and of the pictures at the end', async () => {
    const events: StepEvent[] = [];
    for await (const event of pipe.stream(small, { ...quick, details })) events.push(event);
    expect(events.map(({ stepIndex, calls }) => [stepIndex, calls])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [i, 5]),
    );
    expect(events.map(({ images }) => images?.length)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      1,
    ]);
    expect(await events[3]!.preview()).toEqual(events[4]!.images![0]);
    expect(events[4]!.latents).toEqual(events[2]!.latents);
  });

  it('of a picture are the same beside others, and the same again', async () => {
    const [alone, again] = [await painted({ details }), await painted({ details })];
    expect(again.images).toEqual(alone.images);
    const both = await painted({ details }, [small, large]);
    expect(both.calls).toBe(5);
    expect(worst(both.images[0]!.data, alone.images[0]!.data)).toBeLessThan(0.02);
    const [, other] = (await painted({}, [small, large])).images;
    expect(both.images[1]).toEqual(other);
  });

  it.each<[string, StreamOptions, Layout]>([
    ['no object is small', { details }, large],
    ['they are off', { details: false }, small],
    ['no object may be small', { details: { below: 0 } }, small],
  ])('cost nothing where %s', async (_, options, layout) => {
    const { calls, images } = await painted(options, layout);
    expect(calls).toBe(3);
    expect(images).toEqual((await painted({}, layout)).images);
  });

  it('are not painted of pictures that are not decoded', async () => {
    expect((await painted({ details, decode: false })).calls).toBe(3);
  });

  it('are left out beside a plugin that follows something of the whole picture', async () => {
    const follower: Plugin = { name: 'follower', pluginVersion: 1, wholePicture: true };
    const followed = await fromPretrained(fixtureModel(), { backend, plugins: [poi(), follower] });
    expect((await followed.generate(small, { ...quick, details })).calls).toBe(3);
    await followed.dispose();
  });

  it('end with their signal, also between two of their calls', async () => {
    const control = new AbortController();
    const calls: number[] = [];
    const run = async () => {
      for await (const { stepIndex } of pipe.stream(small, { ...quick, details, signal: control.signal })) {
        calls.push(stepIndex);
        if (stepIndex === 3) control.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(calls).toEqual([0, 1, 2, 3]);
    expect((await painted()).images).toEqual(plain.images);
  });

  it.each<[StreamOptions, string]>([
    [{ details: { below: 0.2, strength: 0.1 } }, 'details.strength: 0.1 of 3 steps leaves none to sample'],
    [{ details, image: plain.images[0]! }, 'details: has no effect on a picture that is painted over'],
    [{ details: 0.3 as unknown as boolean }, 'details: '],
  ])('%o is refused before anything runs', async (options, message) => {
    expect(() => pipe.stream(small, { ...quick, ...options })).toThrow(message);
  });
});
