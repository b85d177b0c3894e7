// One thread for each core by default, whatever the runtime takes for one.

import { input, negate } from '@spatiallock/core';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cpu } from '../src/index.js';
import { defaultThreads } from '../src/threads.js';

afterEach(() => vi.restoreAllMocks());

/** Files of the kernel for `siblings[i]` of processor i, which are online as `online` says. */
const kernel = (online: string, siblings: readonly string[]) => (path: string) => {
  if (path === '/sys/devices/system/cpu/online') return `${online}\n`;
  const [, cpu] = /\/cpu(\d+)\/topology\/thread_siblings_list$/.exec(path)!;
  const list = siblings[Number(cpu)];
  if (list === undefined) throw new Error(`ENOENT: ${path}`);
  return `${list}\n`;
};

describe('defaultThreads', () => {
  it.each([
    ['two cores', 2, '0-1', ['0', '1'], 2],
    ['two threads of one core', 2, '0-1', ['0-1', '0-1'], 1],
    ['four cores of two threads', 8, '0-7', ['0,4', '1,5', '2,6', '3,7', '0,4', '1,5', '2,6', '3,7'], 4],
    [
      'a process that may use three of them',
      3,
      '0-7',
      ['0,4', '1,5', '2,6', '3,7', '0,4', '1,5', '2,6', '3,7'],
      3,
    ],
    ['processors that are off', 4, '0,2-3', ['0', '', '2', '3'], 3],
    ['one processor', 1, '0', ['0'], 1],
    ['a kernel that does not tell', 6, '0-5', [], 6],
    ['an empty list', 6, '', [], 6],
  ])('%s', (_, available, online, siblings, expected) => {
    expect(defaultThreads('linux', available, kernel(online, siblings))).toBe(expected);
  });

  it('leaves other systems to the runtime', () => {
    expect(defaultThreads('darwin', 8, kernel('0', ['0']))).toBeUndefined();
  });
});

it.each([
  ['by default', {}, defaultThreads()],
  ['as asked', { threads: 3 }, 3],
  ['as the session says', { threads: 3, session: { intraOpNumThreads: 1 } }, 1],
])('hands the runtime its threads %s', async (_, options, expected) => {
  const create = vi.spyOn(InferenceSession, 'create');
  const backend = cpu(options);
  const x = input('x', [1]);
  await backend.compile({ inputs: { x }, params: {}, outputs: { y: negate(x) } }, {});
  expect(create.mock.calls.at(-1)).toMatchObject([{}, { intraOpNumThreads: expected }]);
  await backend.dispose();
});
