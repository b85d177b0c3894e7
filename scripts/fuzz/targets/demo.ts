// What the demo's page reads: links that others made, and settings that were kept.

import type { Layout } from '@spatiallock/core';
import { documentJson } from '@spatiallock/demo/state/document';
import { readKept } from '@spatiallock/demo/state/kept';
import { linkHash, readLink } from '@spatiallock/demo/state/link';
import { limits, readSettings, samplingOf, standardSettings } from '@spatiallock/demo/state/settings';
import fc from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardJson, edited, scribbled } from '../values.js';
import { checkAccepted } from './layouts.js';

const shared = {
  prompt: 'a dog on a beach',
  objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }],
  seed: 7,
};

const hashOf = (text: string): string => {
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
  return `#layout=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
};

/** Boxes of an unfinished drawing have no names yet. */
const named = (object: Layout['objects'][number]): Layout['objects'][number] =>
  object.phrase === '' ? { ...object, phrase: 'unnamed' } : object;

export const links = targetOf({
  name: 'links',
  share: 8,
  inputs: fc.oneof(
    {
      weight: 4,
      arbitrary: edited([shared], awkwardJson, 3).map((json) => hashOf(JSON.stringify(json) ?? '')),
    },
    { weight: 2, arbitrary: scribbled(fc.constant(hashOf(JSON.stringify(shared)))) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  ),
  read(hash: string) {
    const found = readLink(hash);
    if (!found) return;
    const { layout, sampling } = found;
    checkAccepted({ ...layout, objects: layout.objects.map(named) });
    const { seed } = sampling;
    must(seed === undefined || (Number.isSafeInteger(seed) && seed >= 0), `seed ${seed}`);
    // What of a link could not be used is not in the one that is made of it.
    const again = readLink(linkHash(documentJson(layout, { ...samplingOf(standardSettings), ...sampling })));
    must(again !== undefined, 'no link');
    must(JSON.stringify(again.layout) === JSON.stringify(layout), 'another layout than its own');
    must(again.faults.length === 0, `faults of its own: ${again.faults}`);
    for (const [key, value] of Object.entries(sampling)) {
      must(again.sampling[key as keyof typeof sampling] === value, `another ${key} than its own`);
    }
  },
  names: /^(link|layout|prompt|negativePrompt|objects)\b.*: /s,
});

const kept = {
  seed: 7,
  pictures: 2,
  steps: 25,
  guidanceScale: 5,
  scheduler: 'ddim',
  strength: 1,
  guideStrength: 0,
  compare: false,
  previews: true,
};

export const settings = targetOf({
  name: 'settings',
  share: 4,
  inputs: edited([kept], awkwardJson, 4),
  read(json: unknown) {
    const read = readSettings(json) as unknown as Readonly<Record<string, unknown>>;
    for (const [name, { min, max }] of Object.entries(limits)) {
      const value = read[name];
      must(typeof value === 'number' && value >= min && value <= max, `${name} is ${value}`);
    }
    for (const name of ['seed', 'pictures', 'steps'])
      must(Number.isInteger(read[name]), `${name} is ${read[name]}`);
    must(typeof read.scheduler === 'string' && read.scheduler !== '', `scheduler is ${read.scheduler}`);
  },
  names: /^/,
});

const state = {
  drawing: {
    prompt: 'a dog on a beach',
    negativePrompt: '',
    objects: [{ id: 'o1', phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9], colour: 3 }],
  },
  past: [{ prompt: '', negativePrompt: '', objects: [] }],
  settings: kept,
  device: 'onnx-wasm',
};

export const states = targetOf({
  name: 'kept states',
  share: 4,
  inputs: edited([state], awkwardJson, 4),
  read(json: unknown) {
    const found = readKept(JSON.stringify(json) ?? '');
    const drawings = found ? [...(found.drawing ? [found.drawing] : []), ...found.past] : [];
    for (const { objects } of drawings) {
      must(new Set(objects.map(({ id }) => id)).size === objects.length, 'two objects of one id');
      for (const { box, colour } of objects) {
        must(box[0] < box[2] && box[1] < box[3] && box.every((x) => x >= 0 && x <= 1), `box ${box}`);
        must(Number.isInteger(colour) && colour >= 0, `colour ${colour}`);
      }
    }
  },
  names: /^/,
});
