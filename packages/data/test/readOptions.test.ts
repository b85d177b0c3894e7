// Options that a reader does not know are errors, wherever annotations are read.

import { describe, expect, it } from 'vitest';
import { readBenchmarkCsv, readMig, readOverLayBench } from '../src/benchmarks/index.js';
import { readCoco, readYolo } from '../src/index.js';

const readers: Readonly<Record<string, (options: object) => unknown>> = {
  readCoco: (options) => readCoco({ categories: [], images: [], annotations: [] }, options),
  readYolo: (options) => readYolo('', ['dog'], options),
  readBenchmarkCsv: (options) => readBenchmarkCsv('id,prompt,obj1,bbox1\n1,a dog,dog,"0,0,9,9"\n', options),
  readMig: (options) => readMig('{}', options),
  readOverLayBench: (options) => readOverLayBench('[]', options),
};

describe.each(Object.entries(readers))('%s', (_, read) => {
  it('takes the options that it knows', () => {
    const received: unknown[] = [];
    expect(() =>
      read({ skipBad: true, strict: false, onIssue: (issue: unknown) => received.push(issue) }),
    ).not.toThrow();
  });

  it.each([
    [{ skipBda: true }, 'options: "skipBda" is not known; did you mean skipBad?'],
    [{ strict: 'no' }, 'options.strict: must be true or false, not "no"'],
    [{ skipBad: 1 }, 'options.skipBad: must be true or false, not 1'],
    [{ onIssue: 'print' }, 'options.onIssue: must be a function, not "print"'],
  ])('refuses %j', (options, message) => {
    expect(() => read(options)).toThrow(message);
  });
});

it.each([0, -1, Number.NaN, '512'])('a table of pixels refuses a side of %s', (side) => {
  expect(() => readBenchmarkCsv('id,prompt,obj1,bbox1\n', { side } as never)).toThrow(
    'options.side: must be',
  );
});
