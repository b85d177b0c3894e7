import { type Backend, type FileSource, fromPretrained, type Layout } from '@spatiallock/core';
import { poi } from '@spatiallock/poi';

const layout: Layout = {
  prompt: 'a dog and an apple on a beach',
  objects: [
    { phrase: 'a dog', box: [0.05, 0.35, 0.45, 0.95] },
    { phrase: 'an apple', box: [0.55, 0.5, 0.9, 0.9] },
  ],
};

/**
 * Milliseconds of each call of a model's U-Net with PoI and guidance, as a picture needs them; the first, which
 * compiles, is left out.
 */
export async function unetCalls(files: FileSource, backend: Backend, calls: number): Promise<number[]> {
  const pipe = await fromPretrained(files, { backend, plugins: [poi()] });
  const times: number[] = [];
  let last: number | undefined;
  for await (const _ of pipe.stream(layout, {
    seed: 7,
    steps: calls + 1,
    scheduler: 'ddim',
    decode: false,
  })) {
    const now = performance.now();
    if (last !== undefined) times.push(now - last);
    last = now;
  }
  await pipe.dispose();
  return times;
}
