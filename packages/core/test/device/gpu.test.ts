import { describe, expect, it } from 'vitest';
import { deviceBackend, deviceFault, type Gpu, type GpuDevice, openGpu } from '../../src/entries/backend.js';

class GPUOutOfMemoryError extends Error {}
class GPUValidationError extends Error {}

/** A card whose device a test can lose, and whose next error scope holds `error`. */
function card(error: Error | null = null) {
  let lose: (info: { message: string }) => void = () => {};
  const state = {
    destroyed: false,
    limits: {} as Record<string, number>,
    lose: (message: string) => lose({ message }),
  };
  const device: GpuDevice = {
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    pushErrorScope: () => {},
    popErrorScope: async () => error,
    destroy: () => {
      state.destroyed = true;
      lose({ message: 'destroyed' });
    },
  };
  const gpu: Gpu = {
    requestAdapter: async () => ({
      limits: { maxBufferSize: 7, unknown: 1 },
      requestDevice: async ({ requiredLimits }) => {
        state.limits = requiredLimits;
        return device;
      },
    }),
  };
  return { gpu, state };
}

describe('openGpu', () => {
  it('asks for what the card has of the limits that matter', async () => {
    const { gpu, state } = card();
    await openGpu('test', gpu);
    expect(state.limits).toEqual({ maxBufferSize: 7 });
  });

  it('asks for half precision where that is wanted, and says where a card lacks it', async () => {
    const { gpu } = card();
    const asked: unknown[] = [];
    const cardWith = (...features: string[]): Gpu => ({
      requestAdapter: async () => {
        const adapter = await gpu.requestAdapter();
        return {
          ...adapter!,
          features: new Set(features),
          requestDevice: async (descriptor) => {
            asked.push(descriptor.requiredFeatures);
            return adapter!.requestDevice(descriptor);
          },
        };
      },
    });
    await openGpu('test', cardWith('shader-f16'), { half: true });
    await openGpu('test', cardWith('shader-f16'));
    expect(asked).toEqual([['shader-f16'], undefined]);
    for (const without of [cardWith('subgroups'), gpu]) {
      await expect(openGpu('test', without, { half: true })).rejects.toMatchObject({
        reason: 'missing-feature',
        message: expect.stringMatching(/no half precision in shaders/),
      });
    }
  });

  it('says so where there is no WebGPU, or no card answers', async () => {
    await expect(openGpu('test', undefined)).rejects.toMatchObject({ device: 'test', reason: 'unavailable' });
    const silent: Gpu = { requestAdapter: async () => null };
    await expect(openGpu('test', silent)).rejects.toThrow('test: no graphics card answers to WebGPU');
  });

  it('takes a promise of the loss that fails for a loss', async () => {
    const { gpu } = card();
    const failing: Gpu = {
      requestAdapter: async () => ({
        limits: {},
        requestDevice: async () => {
          const adapter = await gpu.requestAdapter();
          const device = await adapter!.requestDevice({ requiredLimits: {} });
          return Object.assign(device, { lost: Promise.reject(new Error('driver gone')) });
        },
      }),
    };
    const opened = await openGpu('test', failing);
    await expect(opened.watch(async () => 1)).rejects.toThrow('driver gone');
  });

  it('says so when the device is lost, before work and after it', async () => {
    const { gpu, state } = card();
    const opened = await openGpu('test', gpu);
    expect(await opened.watch(async () => 1)).toBe(1);
    const interrupted = opened.watch(async () => {
      state.lose('unplugged');
      throw new Error('mapping failed');
    });
    await expect(interrupted).rejects.toMatchObject({
      reason: 'lost',
      message: expect.stringMatching(/unplugged/),
    });
    await expect(opened.watch(async () => 1)).rejects.toMatchObject({ reason: 'lost' });
  });

  it('says so when memory is full, and takes no other error for that', async () => {
    const full = await openGpu('test', card(new GPUOutOfMemoryError('buffer')).gpu);
    await expect(full.watch(async () => 1)).rejects.toMatchObject({ reason: 'out-of-memory' });
    const invalid = await openGpu('test', card(new GPUValidationError('shader')).gpu);
    const failing = invalid.watch(async () => {
      throw new Error('the shader is wrong');
    });
    await expect(failing).rejects.toThrow('the shader is wrong');
  });

  it('does not call a device lost that was closed on purpose', async () => {
    const { gpu, state } = card();
    const opened = await openGpu('test', gpu);
    opened.close();
    await Promise.resolve();
    expect(state.destroyed).toBe(true);
    expect(() => opened.checkAlive()).not.toThrow();
  });
});

describe('deviceFault', () => {
  it.each([
    ['std::bad_alloc', 'out-of-memory'],
    ['Array buffer allocation failed', 'out-of-memory'],
    ['Aborted(OOM). Build with -sASSERTIONS', 'out-of-memory'],
    ["Can't create a session. failed to allocate a buffer of size 12", 'out-of-memory'],
    ['Invalid typed array length: 1073741824', 'out-of-memory'],
    ['memory access out of bounds', 'out-of-memory'],
    ['Out of bounds memory access (evaluating ...)', 'out-of-memory'],
    ['WebAssembly.Memory.grow(): Maximum memory size exceeded', 'out-of-memory'],
    ['Unable to grow instance memory', 'out-of-memory'],
    ['allocation size overflow', 'out-of-memory'],
    ['The device was lost', 'lost'],
  ])('reads %s as %s', (message, reason) => {
    expect(deviceFault('test', new Error(message))).toMatchObject({ device: 'test', reason });
  });

  it('leaves faults of graphs alone', () => {
    for (const message of ['zoom: no such room', 'Maximum call stack size exceeded', 'index out of bounds']) {
      expect(deviceFault('test', new RangeError(message))).toBeUndefined();
    }
  });
});

describe('deviceBackend', () => {
  it('turns what a runtime throws into errors of the device, and gives the device back', async () => {
    let closed = 0;
    const backend = deviceBackend({
      name: 'test',
      open: async () => ({}),
      compile: async () => ({
        run: async () => {
          throw new Error('std::bad_alloc');
        },
        readParams: async () => ({}),
        dispose: async () => {},
      }),
      close: () => {
        closed += 1;
      },
    });
    const executable = await backend.compile({ inputs: {}, params: {}, outputs: {} }, {});
    await expect(executable.run({})).rejects.toMatchObject({ device: 'test', reason: 'out-of-memory' });
    await backend.dispose();
    await backend.dispose();
    expect(closed).toBe(1);
  });
});
