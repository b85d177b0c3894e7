// When a device is opened, what is given back, and what a failure leaves behind.

import { describe, expect, it } from 'vitest';
import { deviceBackend, inParts } from '../../src/entries/backend.js';
import { type Executable, input, negate, tensor } from '../../src/index.js';

const x = input('x', [1]);
const graph = { inputs: { x }, params: {}, outputs: { y: negate(x) } };

/** A backend that notes what happens to its device and its graphs. */
function watched(failures: { open?: number; compile?: number } = {}) {
  const events: string[] = [];
  const left = { open: 0, compile: 0, ...failures };
  let compiled = 0;
  const backend = deviceBackend({
    name: 'watched',
    async open() {
      events.push('open');
      if (left.open-- > 0) throw new Error('no device yet');
      return 'device';
    },
    async compile(device): Promise<Executable> {
      const id = ++compiled;
      events.push(`compile ${id} on ${device}`);
      if (left.compile-- > 0) throw new Error('no memory yet');
      return {
        run: async () => ({}),
        readParams: async () => ({}),
        dispose: async () => void events.push(`dispose ${id}`),
      };
    },
    close: (device) => events.push(`close ${device}`),
  });
  return { backend, events };
}

describe('a device backend', () => {
  it('opens its device once, when a graph is first compiled, and gives all back', async () => {
    const { backend, events } = watched();
    expect(events).toEqual([]);
    await Promise.all([backend.compile(graph, {}), backend.compile(graph, {})]);
    await backend.dispose();
    expect(events).toEqual([
      'open',
      'compile 1 on device',
      'compile 2 on device',
      'dispose 1',
      'dispose 2',
      'close device',
    ]);
  });

  it('does not dispose of a graph twice', async () => {
    const { backend, events } = watched();
    const first = await backend.compile(graph, {});
    await backend.compile(graph, {});
    await first.dispose();
    await backend.dispose();
    expect(events.filter((event) => event.startsWith('dispose'))).toEqual(['dispose 1', 'dispose 2']);
  });

  it('tries again to open a device that was not there', async () => {
    const { backend, events } = watched({ open: 1 });
    await expect(backend.compile(graph, {})).rejects.toThrow('no device yet');
    await backend.compile(graph, {});
    expect(events).toEqual(['open', 'open', 'compile 1 on device']);
  });

  it('keeps nothing of a graph that failed to compile', async () => {
    const { backend, events } = watched({ compile: 1 });
    await expect(backend.compile(graph, {})).rejects.toThrow('no memory yet');
    await backend.dispose();
    expect(events).toEqual(['open', 'compile 1 on device', 'close device']);
  });

  it('opens anew after it was disposed of, and closes nothing that was never opened', async () => {
    const { backend, events } = watched();
    await backend.dispose();
    expect(events).toEqual([]);
    await backend.compile(graph, {});
    await backend.dispose();
    await backend.compile(graph, {});
    expect(events).toEqual([
      'open',
      'compile 1 on device',
      'dispose 1',
      'close device',
      'open',
      'compile 2 on device',
    ]);
  });

  it('does not open its device for what was cancelled before', async () => {
    const { backend, events } = watched();
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(backend.compile(graph, {}, { signal })).rejects.toThrow('cancelled');
    expect(events).toEqual([]);
  });
});

describe('parameters that are lent', () => {
  const compiling = (executable: Executable) =>
    deviceBackend({ name: 'lending', open: async () => 0, compile: async () => executable });
  const plain: Executable = { run: async () => ({}), readParams: async () => ({}), dispose: async () => {} };

  it('go through a device backend, and through one in parts', async () => {
    const lent = { w: tensor([1], [1]) };
    const backend = compiling({ ...plain, withParams: (use) => use(lent) });
    for (const each of [backend, inParts(backend, { partBytes: 1000 })]) {
      const executable = await each.compile(graph, {});
      expect(await executable.withParams?.(async (params) => params)).toBe(lent);
      // No fault of the device, whatever it says.
      const full = new Error('out of memory');
      await expect(executable.withParams?.(() => Promise.reject(full))).rejects.toBe(full);
    }
  });

  it('are not offered where the runtime has nothing to spare', async () => {
    for (const each of [compiling(plain), inParts(compiling(plain), { partBytes: 1000 })]) {
      expect(await each.compile(graph, {})).not.toHaveProperty('withParams');
    }
  });
});
