// Phrases that the text encoder cannot read whole: each command says so once, and its records keep it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import type { Evaluator, Services } from '../src/index.js';
import { fakeServices, filesIn, runHere } from './support.js';

const evaluator: Evaluator = {
  labels: ['dog', 'cat'],
  detect: async () => [],
  detectMany: async (images) => images.map(() => []),
};
const warning = 'objects[0].phrase: "a dog" is cut';

/** A pipeline that warns of every "a dog", as a real one would of phrases that are too long. */
function warningServices(): Services {
  const { services } = fakeServices(evaluator);
  const open: Services['open'] = async (request, options) => {
    const opened = await services.open(request, options);
    const stream: typeof opened.pipe.stream = (layouts, given) => {
      const rows = [layouts].flat();
      for (const [i, { objects }] of rows.entries()) {
        if (objects[0]?.phrase !== 'a dog') continue;
        given?.onWarning?.(rows.length > 1 ? `layouts[${i}]: ${warning}` : warning);
      }
      return opened.pipe.stream(layouts, given);
    };
    return { ...opened, pipe: { ...opened.pipe, stream } };
  };
  return { ...services, open };
}

const layoutOf = (phrase: string) => ({ prompt: phrase, objects: [{ phrase, box: [0, 0, 0.5, 0.5] }] });
const lines = ['a cat', 'a dog', 'a dog'].map((phrase) => `${JSON.stringify(layoutOf(phrase))}\n`).join('');

async function run(...words: string[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'layouts.jsonl'), lines);
  const outcome = await runHere([...words, '--layouts', 'layouts.jsonl'], {
    cwd,
    services: warningServices(),
  });
  return { cwd, ...outcome };
}

const json = (...parts: string[]) => JSON.parse(readFileSync(join(...parts), 'utf8'));

describe('phrases that are cut', () => {
  it('in dataset: one line, and a field in the records of their pictures', async () => {
    const { cwd, stderr, code } = await run('dataset', '-o', 'set', '--duplicates', 'keep');
    expect([code, stderr]).toEqual([0, `warning: ${warning}\n`]);
    const records = [0, 1, 2].map((i) => json(cwd, 'set', 'records', `00000${i}.json`));
    expect(records.map(({ warnings }) => warnings)).toEqual([undefined, [warning], [warning]]);
  });

  it('in generate: one line, and a field in the records of their pictures alone', async () => {
    const cwd = temporaryFolder();
    const layouts = ['a cat', 'a dog', 'a dog'].map(layoutOf);
    writeFileSync(join(cwd, 'layouts.json'), JSON.stringify(layouts));
    const words = ['generate', '--layout', 'layouts.json', '-o', 'picture.png'];
    const { stderr, code } = await runHere(words, { cwd, services: warningServices() });
    expect([code, stderr.match(/warning: .*/g)]).toEqual([0, [`warning: ${warning}`]]);
    const records = filesIn(cwd).filter((name) => /^picture.*\.json$/.test(name));
    expect(records.map((name) => json(cwd, name).warnings)).toEqual([undefined, [warning], [warning]]);
  });

  it('in bench: one line, and a field in the scores', async () => {
    const { stderr, stdout, code } = await run('bench', '--json', '-');
    expect([code, stderr]).toEqual([0, `warning: ${warning}\n`]);
    expect(JSON.parse(stdout).warnings).toEqual([warning]);
  });

  it('in evaluate: one line, and a field in the report', async () => {
    const { stderr, stdout, code } = await run('evaluate', '--json', '-');
    expect([code, stderr]).toEqual([0, `warning: ${warning}\n`]);
    expect(JSON.parse(stdout).warnings).toEqual([warning]);
  });

  it('are not printed where --quiet is asked for, and recorded all the same', async () => {
    const { cwd, stderr } = await run('dataset', '-o', 'set', '--duplicates', 'keep', '--quiet');
    expect(stderr).toBe('');
    expect(json(cwd, 'set', 'records', '000002.json').warnings).toEqual([warning]);
  });

  it('are no field where there is none', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'layouts.jsonl'), JSON.stringify(layoutOf('a cat')));
    const words = ['dataset', '-o', 'set', '--layouts', 'layouts.jsonl'];
    const { stderr } = await runHere(words, { cwd, services: warningServices() });
    expect(stderr).toBe('');
    expect(json(cwd, 'set', 'records', '000000.json')).not.toHaveProperty('warnings');
    expect(filesIn(cwd)).toEqual(['layouts.jsonl', 'set']);
  });
});
