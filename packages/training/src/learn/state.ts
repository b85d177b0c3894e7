// What a learning is resumed from, and whether it is the same learning.

import type { Layout, Tensors, Values } from '@spatiallock/core';
import { sha256 } from '@spatiallock/core/adapters';
import { checkList, checkObject, checkText, showValue } from '@spatiallock/core/checks';
import { encodeUtf8 } from '@spatiallock/core/io';
import { lossScaleNames, trainingNames } from '@spatiallock/core/train';
import { defaultFineTuneSettings, type FineTuneSettings } from '../fineTune/settings.js';
import type { LearnPicture } from './pictures.js';

/** What a training can be resumed from. */
export interface LearnState {
  /** SHA-256 of the base model, in hexadecimal. */
  readonly base: string;
  /** What was learnt from, and how; states of earlier versions lack it, and are taken as they are. */
  readonly fingerprint?: LearnFingerprint;
  /** Parameters that learn, and the optimiser's, by their names in the graph. */
  readonly tensors: Tensors;
  /** The loss of each step so far. */
  readonly losses: readonly number[];
}

/** Tells two trainings over one base apart: hashes of pictures and of layouts, and settings by their names. */
export type LearnFingerprint = Readonly<Record<string, string | number | boolean>>;

/** Settings that decide what is learnt. */
export type Settings = Omit<FineTuneSettings, 'validation' | 'saveEvery' | 'newWords'>;

const SETTINGS = [
  'steps',
  'batch',
  'rate',
  'optimiser',
  'unet',
  'minBox',
  'flip',
  'seed',
  'rehearsal',
] as const satisfies readonly (keyof Settings)[];

/** What a training is told apart by. */
export async function fingerprintOf(
  settings: Settings,
  {
    pictures,
    rehearse,
    plugins,
  }: {
    readonly pictures: readonly LearnPicture[];
    readonly rehearse: readonly Layout[];
    readonly plugins: readonly { readonly name: string }[];
  },
): Promise<LearnFingerprint> {
  const shown = await Promise.all(
    pictures.map(async ({ image: { width, height, data }, caption = null, objects }) => [
      await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ...[width, height, caption],
      objects,
    ]),
  );
  const hashOf = (value: unknown): Promise<string> => sha256(encodeUtf8(JSON.stringify(value)));
  return {
    pictures: await hashOf(shown),
    rehearse: await hashOf(rehearse),
    plugins: plugins.map(({ name }) => name).join(', '),
    ...Object.fromEntries(SETTINGS.map((name) => [name, settings[name]])),
  };
}

/** Throws where a state is none, or one of another base model or another training; it names what differs. */
export function checkSame(state: LearnState, base: string, fingerprint: LearnFingerprint): void {
  const given = checkObject(state, 'resumeFrom');
  checkText(given.base, 'resumeFrom.base', 'the hash of a base model');
  for (const [name, each] of Object.entries(checkObject(given.tensors, 'resumeFrom.tensors'))) {
    checkTensor(each, `resumeFrom.tensors.${name}`);
  }
  for (const [i, loss] of checkList(given.losses, 'resumeFrom.losses', 'numbers').entries()) {
    if (typeof loss !== 'number')
      throw new Error(`resumeFrom.losses[${i}]: must be a number, not ${showValue(loss)}`);
  }
  if (given.base !== base) throw new Error('resumeFrom: belongs to another base model; begin anew');
  if (given.fingerprint === undefined) return;
  const before = checkObject(given.fingerprint, 'resumeFrom.fingerprint');
  const other = Object.keys(fingerprint).find((name) => !goesOn(name, before[name], fingerprint[name]));
  if (other === undefined) return;
  const isHash = other === 'pictures' || other === 'rehearse';
  const difference = isHash
    ? `other ${other === 'pictures' ? 'pictures, boxes or captions' : 'layouts to rehearse'}`
    : `${other} ${showValue(before[other])}, not ${showValue(fingerprint[other])}`;
  throw new Error(`resumeFrom: belongs to a training with ${difference}; give those, or begin anew`);
}

/** Numbers of a shape: what JSON makes of them is none, and a file that was cut off holds fewer. */
function checkTensor(given: unknown, path: string): void {
  const { shape, data } = checkObject(given, path);
  const sides = checkList(shape, `${path}.shape`, 'numbers') as number[];
  const size = sides.reduce((product, side) => product * side, 1);
  if (ArrayBuffer.isView(data) && 'length' in data && data.length === size) return;
  throw new Error(
    `${path}.data: must be a typed array of ${size} numbers; keep states by structured clone, for JSON loses them, or begin anew`,
  );
}

/** A training may go on for longer. Earlier versions noted no optimiser, which was AdamW. */
function goesOn(name: string, before: unknown, now: unknown): boolean {
  if (name === 'optimiser' && before === undefined) return now === defaultFineTuneSettings.optimiser;
  return before === now || (name === 'steps' && Number(before) <= Number(now));
}

/** The numbers of a state that a graph can be resumed from. Throws where they belong to another one. */
export function resumed({ tensors, losses }: LearnState, params: Values, frozen: Tensors = {}): Tensors {
  // A device of another precision begins the scale of the loss anew.
  const beginsAnew = (name: string): boolean => isLossScale(name) && !Object.hasOwn(tensors, name);
  const learning = Object.keys(params).filter((name) => !Object.hasOwn(frozen, name) && !beginsAnew(name));
  for (const name of learning) {
    const isSame = String(tensors[name]?.shape) === String(params[name]!.shape);
    if (!isSame) throw new Error(`resumeFrom: ${name} does not fit this training; begin anew`);
  }
  if (tensors[trainingNames.step]!.data[0] !== losses.length) {
    throw new Error(`resumeFrom: has the losses of ${losses.length} steps and not of each; begin anew`);
  }
  return Object.fromEntries(learning.map((name) => [name, tensors[name]!]));
}

const isLossScale = (name: string): boolean => (Object.values(lossScaleNames) as string[]).includes(name);
