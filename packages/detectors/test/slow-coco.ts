import type { Box, EvaluatedImage } from '../src/index.js';

interface Seen {
  readonly image: number;
  readonly score: number;
  readonly box: Box;
}

/**
 * COCO's AP and AR straight from their definition and without regard to time, for the property test.
 *
 * It shares no code with the package: areas come from edge lengths here, the candidate is chosen by filtering, and
 * each recall level looks through every prefix of the ranking.
 */
export function slowCoco(
  images: readonly EvaluatedImage[],
  options: {
    range: readonly [number, number];
    side: number;
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
  images: readonly EvaluatedImage[],
  label: string,
  threshold: number,
  { range, side, maxDetections }: { range: readonly [number, number]; side: number; maxDetections: number },
): { verdicts: ('hit' | 'alarm')[]; wanted: number } {
  const pixels = ([x0, y0, x1, y1]: Box) => (x1 - x0) * side * ((y1 - y0) * side);
  const inRange = (box: Box) => pixels(box) >= range[0] && pixels(box) <= range[1];
  const objects = images.flatMap(({ truth }, image) =>
    truth
      .filter((object) => object.label === label)
      .map(({ box, crowd }) => ({ image, box, crowd, wanted: !crowd && inRange(box), used: false })),
  );
  const seen: Seen[] = images.flatMap(({ detections }, image) =>
    ranked(
      detections.filter((d) => d.label === label).map(({ score, box }) => ({ image, score, box })),
    ).slice(0, maxDetections),
  );
  const verdicts: ('hit' | 'alarm')[] = [];
  for (const detection of ranked(seen)) {
    const overlap = (object: { box: Box; crowd?: boolean }) => {
      const width = Math.min(detection.box[2], object.box[2]) - Math.max(detection.box[0], object.box[0]);
      const height = Math.min(detection.box[3], object.box[3]) - Math.max(detection.box[1], object.box[1]);
      const shared = width > 0 && height > 0 ? width * side * height * side : 0;
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
    else if (!chosen && inRange(detection.box)) verdicts.push('alarm');
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
