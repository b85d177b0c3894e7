import { MAX_OBJECTS, parseLayout } from '@spatiallock/core';
import fc from 'fast-check';
import { must, targetOf } from '../target.js';
import { awkwardValue, edited } from '../values.js';

const valid = [
  {
    prompt: 'a dog and an apple on a beach',
    negativePrompt: 'blur',
    objects: [
      { phrase: 'a dog', box: [0.05, 0.35, 0.45, 0.95] },
      { phrase: 'an apple', box: [0.55, 0.5, 0.9, 0.9] },
    ],
  },
  { prompt: '', objects: [] },
];

/** What must hold of a layout that was accepted. */
export function checkAccepted(layout: ReturnType<typeof parseLayout>): void {
  must(typeof layout.prompt === 'string', 'the prompt is no text');
  must(layout.objects.length <= MAX_OBJECTS, `${layout.objects.length} objects`);
  for (const { phrase, box } of layout.objects) {
    must(typeof phrase === 'string' && phrase.trim() !== '', `phrase ${JSON.stringify(phrase)}`);
    must(box.length === 4 && box.every((edge) => edge >= 0 && edge <= 1), `box ${box}`);
    must(box[0] < box[2] && box[1] < box[3], `box ${box}`);
  }
  must(JSON.stringify(parseLayout(layout)) === JSON.stringify(layout), 'reads otherwise the second time');
}

export const layouts = targetOf({
  name: 'layouts',
  share: 10,
  inputs: fc.oneof(
    { weight: 8, arbitrary: edited(valid, awkwardValue, 4) },
    { weight: 1, arbitrary: awkwardValue },
  ),
  read: (input: unknown) => checkAccepted(parseLayout(input)),
  names: /^(layout|prompt|negativePrompt|objects)\b.*: /s,
});
