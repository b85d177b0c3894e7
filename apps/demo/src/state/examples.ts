// Layouts to begin with: those of the embedded model, and two that show what boxes can do.

import type { Layout } from '@spatiallock/core';
import { exampleLayouts } from '@spatiallock/model-emoji/examples';

export interface Example {
  readonly title: string;
  readonly layout: Layout;
  readonly seed: number;
}

const titles = ['Beach', 'Picnic', 'Night sky', 'Birthday'];

export const examples: readonly Example[] = [
  ...exampleLayouts.map(({ seed, ...layout }, i) => ({ title: titles[i] ?? layout.prompt, layout, seed })),
  {
    title: 'Big and small',
    seed: 3,
    layout: {
      prompt: 'an elephant and a ladybug on a green meadow',
      objects: [
        { phrase: 'an elephant', box: [0.04, 0.1, 0.68, 0.92] },
        { phrase: 'a ladybug', box: [0.74, 0.68, 0.94, 0.88] },
      ],
    },
  },
  {
    title: 'In a row',
    seed: 11,
    layout: {
      prompt: 'a banana, a strawberry, a watermelon and a bunch of grapes against a plain wall',
      objects: [
        { phrase: 'a banana', box: [0.03, 0.36, 0.26, 0.64] },
        { phrase: 'a strawberry', box: [0.27, 0.36, 0.5, 0.64] },
        { phrase: 'a watermelon', box: [0.51, 0.36, 0.74, 0.64] },
        { phrase: 'a bunch of grapes', box: [0.75, 0.36, 0.97, 0.64] },
      ],
    },
  },
];
