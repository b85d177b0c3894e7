// What arrow keys do to boxes.

/** One arrow key moves by half a cell of the model's grid, with Alt by an eighth. */
const STEP = 1 / 32;
const FINE_STEP = 1 / 128;

const arrows: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['ArrowLeft', [-1, 0]],
  ['ArrowRight', [1, 0]],
  ['ArrowUp', [0, -1]],
  ['ArrowDown', [0, 1]],
]);

/** How far an arrow key moves, in fractions of the picture: to the right and down. Undefined for other keys. */
export function arrowStep({
  key,
  altKey,
}: Pick<KeyboardEvent, 'key' | 'altKey'>): readonly [number, number] | undefined {
  const arrow = arrows.get(key);
  const step = altKey ? FINE_STEP : STEP;
  return arrow && [arrow[0] * step, arrow[1] * step];
}
