// The difference that a setting makes on the same layouts and seeds, with its standard error.

/** One object, as a judge sees it in the picture with and in the one without. */
export interface PairedObject {
  /** Objects of one picture are not independent: they have one number. */
  readonly picture: number;
  readonly withIou: number;
  readonly withoutIou: number;
}

export interface PairedFigures {
  readonly objects: number;
  /** Mean IoU. */
  readonly with: number;
  readonly without: number;
  readonly gain: number;
  /** Standard error of the gain, over pictures: a ratio estimate whose clusters are pictures (Cochran 1977, section 6.5). */
  readonly error: number;
}

/** Undefined without an object. */
export function pairedFigures(objects: readonly PairedObject[]): PairedFigures | undefined {
  const { length } = objects;
  if (length === 0) return undefined;
  const mean = (pick: (object: PairedObject) => number): number =>
    objects.reduce((sum, object) => sum + pick(object), 0) / length;
  const gain = mean(({ withIou, withoutIou }) => withIou - withoutIou);
  const residuals = new Map<number, number>();
  for (const { picture, withIou, withoutIou } of objects) {
    residuals.set(picture, (residuals.get(picture) ?? 0) + withIou - withoutIou - gain);
  }
  const squares = [...residuals.values()].reduce((sum, value) => sum + value * value, 0);
  const pictures = residuals.size;
  const error = pictures < 2 ? Number.NaN : Math.sqrt((squares * pictures) / (pictures - 1)) / length;
  return {
    objects: length,
    with: mean(({ withIou }) => withIou),
    without: mean(({ withoutIou }) => withoutIou),
    gain,
    error,
  };
}
