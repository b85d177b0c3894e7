// Layouts that show what the embedded model can do.

/** A layout as `parseLayout` of `@spatiallock/core` takes it, with a seed. */
export interface ExampleLayout {
  readonly prompt: string;
  /** Back to front; boxes are corners x0, y0, x1, y1 in 0..1. */
  readonly objects: readonly {
    readonly phrase: string;
    readonly box: readonly [number, number, number, number];
  }[];
  readonly seed: number;
}

/** Layouts in words that the embedded model knows. */
export const exampleLayouts: readonly [ExampleLayout, ...ExampleLayout[]] = [
  {
    prompt: 'a purple cat, a blue apple and a teddy bear on a beach',
    objects: [
      { phrase: 'a teddy bear', box: [0.52, 0.08, 0.92, 0.55] },
      { phrase: 'a purple cat', box: [0.06, 0.42, 0.46, 0.86] },
      { phrase: 'a blue apple', box: [0.6, 0.6, 0.92, 0.92] },
    ],
    seed: 11,
  },
  {
    prompt: 'a hamburger, a strawberry and a gift on a green meadow',
    objects: [
      { phrase: 'a strawberry', box: [0.05, 0.1, 0.4, 0.5] },
      { phrase: 'a hamburger', box: [0.08, 0.52, 0.6, 0.95] },
      { phrase: 'a gift', box: [0.62, 0.3, 0.95, 0.7] },
    ],
    seed: 11,
  },
  {
    prompt: 'a rocket, a robot and a crown under the stars',
    objects: [
      { phrase: 'a rocket', box: [0.08, 0.06, 0.5, 0.5] },
      { phrase: 'a robot', box: [0.52, 0.42, 0.94, 0.92] },
      { phrase: 'a crown', box: [0.12, 0.64, 0.42, 0.9] },
    ],
    seed: 7,
  },
  {
    prompt: 'a birthday cake, an ice cream and two cupcakes against a plain wall',
    objects: [
      { phrase: 'a birthday cake', box: [0.3, 0.3, 0.7, 0.72] },
      { phrase: 'an ice cream', box: [0.06, 0.14, 0.28, 0.56] },
      { phrase: 'a cupcake', box: [0.06, 0.66, 0.32, 0.94] },
      { phrase: 'a cupcake', box: [0.68, 0.66, 0.94, 0.94] },
    ],
    seed: 7,
  },
];
