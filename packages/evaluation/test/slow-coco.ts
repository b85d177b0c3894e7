/** [x, y, width, height] in whole pixels. */
export type Pixels = readonly [number, number, number, number];

export interface PixelPicture {
  readonly truth: readonly {
    readonly label: string;
    readonly box: Pixels;
    readonly crowd?: boolean;
    /** Of the mask, in pixels. */
    readonly area?: number;
  }[];
  readonly detections: readonly { readonly label: string; readonly score: number; readonly box: Pixels }[];
}

interface Seen {
  readonly image: number;
  readonly score: number;
  readonly box: Pixels;
}

/**
 * COCO's AP and AR straight from their definition and without regard to time, for the property test.
 *
 * It shares no code with the package: boxes are whole pixels here, the candidate is chosen by filtering, and each
 * recall level looks through every prefix of the ranking.
 */
export function slowCoco(
  images: readonly PixelPicture[],
  options: {
    range: readonly [number, number];
    maxDetections: number;
    thresholds: readonly number[];
  },
): { AP: number | null; AR: number | null } {
  const precisions: number[] = [];
  const recalls: number[] = [];
  for (const label of new Set(images.flatMap(({ truth }) => truth.map((object) => object.label)))) {
    for (const threshold of options.thresholds) {
      const { verdicts, wanted } = judge(images, label, threshold, options);
      if (wanted === 0) continue;
      recalls.push(verdicts.filter((verdict) => verdict === 'hit').length / wanted);
      let sum = 0;
      for (let level = 0; level <= 100; level++) {
        let best = 0;
        for (let end = 1; end <= verdicts.length; end++) {
          const prefix = verdicts.slice(0, end);
          const hits = prefix.filter((verdict) => verdict === 'hit').length;
          if (hits / wanted >= level * 0.01) best = Math.max(best, hits / end);
        }
        sum += best;
      }
      precisions.push(sum / 101);
    }
  }
  const mean = (of: number[]) => (of.length ? of.reduce((a, b) => a + b) / of.length : null);
  return { AP: mean(precisions), AR: mean(recalls) };
}

function judge(
  images: readonly PixelPicture[],
  label: string,
  threshold: number,
  { range, maxDetections }: { range: readonly [number, number]; maxDetections: number },
): { verdicts: ('hit' | 'alarm')[]; wanted: number } {
  const pixels = ([, , w, h]: Pixels) => w * h;
  const inRange = (area: number) => area >= range[0] && area <= range[1];
  const objects = images.flatMap(({ truth }, image) =>
    truth
      .filter((object) => object.label === label)
      .map(({ box, crowd, area = pixels(box) }) => {
        return { image, box, crowd, wanted: !crowd && inRange(area), used: false };
      }),
  );
  const seen: Seen[] = images.flatMap(({ detections }, image) =>
    ranked(
      detections.filter((d) => d.label === label).map(({ score, box }) => ({ image, score, box })),
    ).slice(0, maxDetections),
  );
  const verdicts: ('hit' | 'alarm')[] = [];
  for (const detection of ranked(seen)) {
    const overlap = (object: { box: Pixels; crowd?: boolean }) => {
      const [[x, y, w, h], [u, v, p, q]] = [detection.box, object.box];
      const columns = Math.min(x + w, u + p) - Math.max(x, u);
      const rows = Math.min(y + h, v + q) - Math.max(y, v);
      const shared = columns > 0 && rows > 0 ? columns * rows : 0;
      const own = pixels(detection.box);
      return shared / (object.crowd ? own : own + pixels(object.box) - shared);
    };
    const fits = objects.filter(
      (object) =>
        object.image === detection.image && (object.crowd || !object.used) && overlap(object) >= threshold,
    );
    const pool = fits.some(({ wanted }) => wanted) ? fits.filter(({ wanted }) => wanted) : fits;
    const greatest = Math.max(...pool.map(overlap));
    const chosen = pool.filter((object) => overlap(object) === greatest).at(-1);
    if (chosen) chosen.used = true;
    if (chosen?.wanted) verdicts.push('hit');
    else if (!chosen && inRange(pixels(detection.box))) verdicts.push('alarm');
  }
  return { verdicts, wanted: objects.filter(({ wanted }) => wanted).length };
}

/** Strongest first; of equal scores the one that came first. */
function ranked<T extends { score: number }>(items: readonly T[]): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) {
    const top = Math.max(...rest.map(({ score }) => score));
    order.push(
      ...rest.splice(
        rest.findIndex(({ score }) => score === top),
        1,
      ),
    );
  }
  return order;
}
