// When PoG guides: by itself where figures say that it pays, and where it is asked for.

import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import { fakeServices, runHere } from './support.js';

const dog = ['--prompt', 'a dog', '--object', 'a dog@0.1,0.1,0.5,0.5'];

async function strengthOf(...words: string[]): Promise<number | undefined> {
  const { services, requests } = fakeServices();
  const { code, stderr } = await runHere(['generate', ...words], { cwd: temporaryFolder(), services });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return requests[0].settings?.pog?.strength as number | undefined;
}

describe('guidance', () => {
  it('is on for the embedded model where the detector knows every object', async () => {
    expect(await strengthOf(...dog)).toBe(0.03);
    expect(await strengthOf(...dog, '--object', 'a unicorn@0.5,0.5,0.9,0.9')).toBeUndefined();
    expect(await strengthOf('--prompt', 'a meadow')).toBeUndefined();
    expect(await strengthOf(...dog, '--model', await fixtureModelFolder())).toBeUndefined();
  });

  it('is as strong as asked', async () => {
    expect(await strengthOf(...dog, '--pog', '0.02')).toBe(0.02);
    expect(await strengthOf(...dog, '--pog', '0')).toBeUndefined();
    expect(await strengthOf(...dog, '--pog', '0.1', '--model', await fixtureModelFolder())).toBe(0.1);
  });

  it('is refused for what the detector does not know', async () => {
    const { services, requests } = fakeServices();
    const words = ['generate', ...dog, '--object', 'a unicorn@0.5,0.5,0.9,0.9', '--pog', '0.05'];
    const { code, stderr } = await runHere(words, { cwd: temporaryFolder(), services });
    expect(code).toBe(2);
    expect(stderr).toContain('--pog: the detector that guides does not know "a unicorn"');
    expect(requests).toEqual([]);
  });
});
