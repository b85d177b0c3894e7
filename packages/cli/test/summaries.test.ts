// Lines that commands print of what they did, by hand.

import type { DataIssue } from '@spatiallock/data';
import type { FineTuneReport, FineTuning } from '@spatiallock/training';
import { describe, expect, it } from 'vitest';
import { InputError, Interruption, UnverifiedError } from '../src/errors.js';
import { exitCodeOf } from '../src/exitCode.js';
import { asProcess } from '../src/process.js';
import { summary } from '../src/record.js';
import { issueLines } from '../src/trainIssues.js';
import { trainSummary } from '../src/trainSummary.js';
import { overlapOf, verdictLines } from '../src/verify.js';

describe('the summary of a training', () => {
  const pictures = { training: 9, validation: 1, withoutBoxes: 0, bad: 0, skipped: 0 };
  const reported = (
    report: Partial<FineTuneReport>,
    leftOut = 0,
    figures?: Parameters<typeof trainSummary>[2],
  ) =>
    trainSummary(
      { pictures, trainableParameters: 12, validationLoss: {}, ...report } as FineTuneReport,
      { dataset: { leftOut } } as FineTuning,
      figures,
    );

  it('is short where nothing was left out or measured', () => {
    expect(reported({})).toEqual(['9 pictures to train on, 1 to validate on', '12 parameters learnt']);
  });

  it('names all that was left out, the losses and the figures', () => {
    const left = { ...pictures, withoutBoxes: 2, bad: 3, skipped: 4 };
    const figures = { meanIoU: 0.5, instanceSuccessRate: 0.25, AP50: 0.125, AP: 1 };
    expect(reported({ pictures: left, validationLoss: { 0: 0.5, 100: 0.4, 150: 0.25 } }, 5, figures)).toEqual(
      [
        '9 pictures to train on, 1 to validate on, 2 without boxes left out, 3 bad ones left out, 4 that could not be read skipped',
        '5 objects beyond the slots of a picture left out',
        '12 parameters learnt',
        'validation loss 0.5000 before, 0.2500 after 150 steps',
        'validation pictures: mean IoU 0.500, success 0.250, AP50 0.125, AP 1.000',
      ],
    );
  });
});

describe('issues of data', () => {
  const issues = (kind: DataIssue['kind'], count: number): DataIssue[] =>
    Array.from({ length: count }, (_, i) => ({ kind, field: `field ${i}`, message: 'is odd' }));

  it('are counted by kind, the first ten listed; what is bad is listed whole', () => {
    expect(issueLines([])).toEqual([]);
    expect(issueLines([...issues('turned', 1), ...issues('bad', 1)])).toEqual([
      '1 entry that cannot be understood left out:',
      '  field 0: is odd',
      '1 picture turned by EXIF, boxes with them:',
      '  field 0: is odd',
    ]);
    expect(issueLines(issues('leftOut', 10))).toHaveLength(11);
    const many = issueLines(issues('clipped', 12));
    expect(many).toHaveLength(12);
    expect([many[0], many[10], many[11]]).toEqual([
      '12 boxes over the edge cut off there:',
      '  field 9: is odd',
      '  and 2 more',
    ]);
    expect(issueLines(issues('bad', 12))).toHaveLength(13);
  });
});

describe('what a picture shows', () => {
  const object = (phrase: string, detector?: { iou: number } | null) =>
    ({ phrase, box: [0, 0, 1, 1], ...(detector === undefined ? {} : { detector }) }) as never;
  const record = (objects: never[], more: object = {}) => ({ objects, seed: 7, ...more }) as never;

  it('is counted over the objects that the detector knows', () => {
    expect(summary(record([object('a'), object('b')]))).toBe('');
    expect(summary(record([object('a', { iou: 0.8 }), object('b', null), object('c')]))).toBe(
      '  (1 of 2 objects found, mean IoU 0.40)',
    );
    expect([object('a', { iou: 0.8 }), object('b', null), object('c')].map(overlapOf)).toEqual([
      0.8,
      0,
      null,
    ]);
  });

  it('is listed object by object, with what came of further attempts', () => {
    const objects = [
      object('a dog', { iou: 0.5 }),
      object('a', { iou: 0.49 }),
      object('b', null),
      object('c'),
    ];
    const attempts = [{ seed: 3 }, { seed: 7 }];
    const lines = (more: object) =>
      verdictLines(record(objects, { verification: { minIou: 0.5, attempts, passed: false, ...more } }));
    expect(lines({})).toEqual([
      '  a dog  0.50',
      '  a      0.49  below 0.5',
      '  b      not found  below 0.5',
      '  c      not known to the detector',
      '  judged: class and place; colour and other words are not',
      '  no attempt passed; kept the best, seed 7, after 2 attempts (seeds 3, 7)',
    ]);
    expect(lines({ passed: true }).at(-1)).toBe('  passed with seed 7, after 2 attempts (seeds 3, 7)');
    expect(lines({ attempts: [{ seed: 7 }] })).toHaveLength(5);
    expect(verdictLines(record(objects))).toEqual([]);
  });
});

describe('the end of a command', () => {
  const ended = async (error?: unknown, kept?: string) => {
    const written: string[] = [];
    const stderr = { write: (text: string) => written.push(text) } as never;
    const work = async () => {
      if (error !== undefined) throw error;
    };
    const code = await exitCodeOf(work, { stderr } as never, kept);
    return [code, written.join('')];
  };
  const abort = Object.assign(new Error('stopped'), { name: 'AbortError' });

  it.each<[string, unknown, number, string]>([
    ['well', undefined, 0, ''],
    ['on bad input', new InputError('--x: is\n  odd'), 2, 'error: --x: is odd\n'],
    [
      'with details first',
      new InputError('two', { details: ['a', 'b'] }),
      2,
      'error: a\nerror: b\nerror: two\n',
    ],
    ['short of what was asked', new UnverifiedError('missed'), 3, 'error: missed\n'],
    ['on any other error', new Error('disk'), 1, 'error: disk\n'],
    [
      'on bad input that a plugin read',
      new Error('plugin a: --x: is odd', { cause: new InputError('--x: is odd') }),
      2,
      'error: plugin a: --x: is odd\n',
    ],
    ['by Ctrl-C', abort, 130, 'interrupted: nothing was written\n'],
    [
      'by Ctrl-C within a read',
      new Error('a.png', { cause: abort }),
      130,
      'interrupted: nothing was written\n',
    ],
    ['by Ctrl-C with something kept', new Interruption('3 are there'), 130, 'interrupted: 3 are there\n'],
  ])('%s', async (_, error, code, text) => {
    expect(await ended(error)).toEqual([code, text]);
  });

  it('with a stack where the program is at fault', async () => {
    const [code, text] = await ended(new TypeError('undefined is no function'));
    expect(code).toBe(1);
    expect(text).toMatch(/^error: undefined is no function\nTypeError: [\s\S]*\n {4}at /);
  });

  it('with the stack of what caused it, too', async () => {
    const cause = new TypeError('x is undefined');
    const [code, text] = await ended(new TypeError('plugin a: x is undefined', { cause }));
    expect(code).toBe(1);
    expect(text).toMatch(
      /^error: plugin a: x is undefined\nTypeError: plugin a: [\s\S]*\ncaused by TypeError: x is /,
    );
  });

  it.each([0, 1, 2, 3, 130])('is the process’s code %d where its outputs were written', async (code) => {
    const before = process.exitCode;
    try {
      await asProcess(async () => code);
      expect(process.exitCode).toBe(code);
    } finally {
      process.exitCode = before;
    }
  });
});
