import { describe, expect, it } from 'vitest';
import { selfTest } from '../../src/entries/backend.js';
import { auto, type Backend, DeviceError, type Executable, referenceBackend } from '../../src/index.js';

/** The reference under another name, whose executables a test may spoil; counts how often it was disposed of. */
function fake(name: string, spoil: (executable: Executable) => Executable = (x) => x) {
  const reference = referenceBackend();
  const state = { disposed: 0 };
  const backend: Backend = {
    name,
    compile: async (...given) => spoil(await reference.compile(...given)),
    dispose: async () => {
      state.disposed += 1;
    },
  };
  return { backend, state };
}

const absent: Backend = {
  name: 'absent',
  compile: async () => {
    throw new DeviceError({
      device: 'absent',
      reason: 'unavailable',
      problem: 'no card',
      advice: 'Buy one.',
    });
  },
  dispose: async () => {},
};

const wrong = (by: (x: number) => number) =>
  fake('wrong', (executable) => ({
    ...executable,
    run: async (inputs) => {
      const { y } = await executable.run(inputs);
      y!.data[y!.data.length - 1] = by(y!.data.at(-1)!);
      return { y: y! };
    },
  }));

describe('auto', () => {
  it('takes the first that passes, and never makes those after it', async () => {
    const first = fake('first');
    const later = () => {
      throw new Error('not wanted');
    };
    const { backend, why, refused } = await auto([() => first.backend, later]);
    expect(backend).toBe(first.backend);
    expect(refused).toEqual([]);
    expect(why).toBe('first passed the self-test');
    expect(first.state.disposed).toBe(0);
  });

  it('passes over those that are absent, throw or compute wrong numbers, says why, and disposes of them', async () => {
    const off = wrong((x) => x + 1);
    const last = fake('last');
    const throwing = () => {
      throw new Error('threads (0) must be at least 1');
    };
    const choice = await auto([() => absent, throwing, () => off.backend, () => last.backend]);
    expect(choice.backend).toBe(last.backend);
    expect(choice.refused).toEqual([
      { name: 'absent', reason: 'absent: no card. Buy one.' },
      { name: 'candidate 2', reason: 'threads (0) must be at least 1' },
      {
        name: 'wrong',
        reason: expect.stringMatching(/^computes wrong numbers: the self-test's y\[\d+\] is/),
      },
    ]);
    expect(choice.why).toMatch(/^last passed the self-test; before it absent: .*candidate 2: .*wrong: /);
    expect(off.state.disposed).toBe(1);
  });

  it('tells every reason where none passes', async () => {
    const failed = auto([() => absent, () => wrong(() => Number.NaN).backend]);
    await expect(failed).rejects.toMatchObject({ name: 'DeviceError', reason: 'unavailable' });
    await expect(failed).rejects.toThrow(/absent: no card.*wrong: computes wrong numbers/);
    await expect(auto([])).rejects.toThrow('none was given');
  });

  it('stops when asked to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(auto([() => fake('first').backend], { signal })).rejects.toThrow('enough');
  });
});

describe('selfTest', () => {
  it('accepts what is nearly right and refuses an output that is missing', async () => {
    await selfTest(wrong((x) => x * (1 + 1e-5)).backend);
    const silent = fake('silent', (executable) => ({ ...executable, run: async () => ({}) }));
    await expect(selfTest(silent.backend)).rejects.toThrow('is undefined but must be');
  });
});
