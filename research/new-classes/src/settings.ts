// The flags of `npm run new-classes`.

import { resolve } from 'node:path';
import { type ArgsDef, type Flags, number, positive, text, wholeNumber } from '@spatiallock/cli/command';
import { STAMPS } from './stamps.js';

export const newClassesArgs = {
  stamps: {
    type: 'string',
    valueHint: STAMPS,
    description: 'the folder of stamps of tuxpaint-stamps-default',
  },
  folder: {
    type: 'string',
    valueHint: 'runs/new-classes',
    description: 'where pictures, model and figures go',
  },
  pictures: { type: 'string', valueHint: '30', description: 'pictures to learn from' },
  steps: { type: 'string', valueHint: '400', description: 'training steps' },
  batch: { type: 'string', valueHint: '16', description: 'pictures in a step' },
  rate: { type: 'string', valueHint: '1e-3', description: 'peak of the learning rate' },
  unet: { type: 'boolean', description: 'train the whole U-Net' },
  rehearse: {
    type: 'string',
    valueHint: '320',
    description: 'pictures of old classes that the base paints first',
  },
  rehearsal: { type: 'string', valueHint: '0.5', description: 'their share of each batch' },
  count: { type: 'string', valueHint: '64', description: 'held-out layouts of the new classes' },
  'old-count': { type: 'string', valueHint: '100', description: 'held-out layouts of the old classes' },
  threads: { type: 'string', valueHint: '2', description: 'threads on the cpu; default: all cores' },
} as const satisfies ArgsDef;

export const tabArgs = {
  stamps: newClassesArgs.stamps,
  folder: { ...newClassesArgs.folder, valueHint: 'runs/new-classes-tab' },
  pictures: { ...newClassesArgs.pictures, valueHint: '20' },
  steps: { ...newClassesArgs.steps, valueHint: '400' },
  batch: { ...newClassesArgs.batch, valueHint: '8' },
  rehearse: { ...newClassesArgs.rehearse, valueHint: '64' },
  count: newClassesArgs.count,
  'old-count': newClassesArgs['old-count'],
} as const satisfies ArgsDef;

export function readTabSettings(flags: Flags) {
  const whole = (name: string, otherwise: number, max?: number): number =>
    wholeNumber(flags, name, { min: 1, max }) ?? otherwise;
  return {
    stamps: resolve(text(flags, 'stamps') ?? STAMPS),
    folder: resolve(text(flags, 'folder') ?? 'runs/new-classes-tab'),
    pictures: whole('pictures', 20, 64),
    steps: whole('steps', 400, 2000),
    batch: whole('batch', 8, 16),
    rehearse: whole('rehearse', 64),
    count: whole('count', 64),
    oldCount: whole('old-count', 100),
  };
}

export function readSettings(flags: Flags) {
  const whole = (name: string, otherwise: number, min = 1): number =>
    wholeNumber(flags, name, { min }) ?? otherwise;
  return {
    stamps: resolve(text(flags, 'stamps') ?? STAMPS),
    folder: resolve(text(flags, 'folder') ?? 'runs/new-classes'),
    pictures: whole('pictures', 30, 2),
    steps: whole('steps', 400),
    batch: whole('batch', 16),
    rate: number(flags, 'rate', positive) ?? 1e-3,
    unet: flags.has('unet'),
    rehearse: whole('rehearse', 320, 0),
    rehearsal: number(flags, 'rehearsal', { min: 0, max: 0.9 }) ?? 0.5,
    count: whole('count', 64),
    oldCount: whole('old-count', 100, 0),
    threads: wholeNumber(flags, 'threads', { min: 1 }),
  };
}
