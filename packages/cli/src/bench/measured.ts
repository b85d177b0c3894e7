// The pictures that `bench` measures: painted by the model, of a folder, or drawn with the scenes' art.

import type { Detection, ImageSize, Layout, RgbImage } from '@spatiallock/core';
import { type BenchmarkObject, samplePictures } from '@spatiallock/evaluation';
import { readImage } from '@spatiallock/node';
import { classLabels, colourOf, layoutImages, loadArt } from '@spatiallock/scenes';
import { counted } from '../counted.js';
import { InputError, reading } from '../errors.js';
import { settledSampling } from '../generate.js';
import { type Io, note } from '../io.js';
import { modelIdentity } from '../modelRecord.js';
import type { KnownPlugins } from '../plugins/known.js';
import { moduleText } from '../plugins/moduleText.js';
import { recordedSettings } from '../plugins/settings.js';
import { settlePlugins } from '../plugins/settle.js';
import type { Progress } from '../progress.js';
import { requireGuidance, requireSeeds } from '../request.js';
import type { Services } from '../services.js';
import { layoutWarning, warningNotes, warningsField } from '../warnings.js';
import { fittedPictures } from './fitPictures.js';
import { findPictures } from './pictures.js';
import type { BenchLayout } from './readLayouts.js';
import type { BenchRequest } from './request.js';

/** A picture of a layout, and what was measured in it. */
export interface MeasuredPicture {
  readonly layout: BenchLayout;
  readonly size: ImageSize;
  /** The objects of the layout with the detector's labels. */
  readonly objects: readonly BenchmarkObject[];
  readonly detections: readonly Detection[];
  readonly shares: readonly (number | undefined)[];
}

/** Measures a picture. */
type Measure = (layout: BenchLayout, image: RgbImage) => Promise<MeasuredPicture>;

/** Measures the pictures of a folder, which are named by their layouts. */
export async function fromFolder(
  { images, count, skipMissing }: BenchRequest,
  judgeable: readonly BenchLayout[],
  { all, numbered }: { readonly all: readonly BenchLayout[]; readonly numbered: boolean },
  measure: Measure,
  io: Io,
  bar: Progress,
) {
  const found = await findPictures(images!, judgeable.slice(0, count), { skipMissing, numbered, all });
  if (found.length === 0) throw new InputError(`--images: ${images} holds no picture of any layout`);
  const { pictures, notes } = await fittedPictures(found);
  bar.pause();
  if (!io.quiet) for (const line of notes) note(io, `changed: ${line}`);
  bar.retotal(pictures.length);
  const measured: MeasuredPicture[] = [];
  for (const { layout, path } of pictures) {
    measured.push(await measure(layout, await reading(() => readImage(path), '--images: ')));
    bar.update(measured.length, 'judging');
  }
  return { measured, settings: { images: images! } };
}

/** Paints the layouts that the model's words can express, and measures the pictures. */
export async function painted(
  { model, parts, sampling, count, batch }: BenchRequest,
  judgeable: readonly BenchLayout[],
  measure: Measure,
  services: Services,
  known: KnownPlugins,
  io: Io,
  bar: Progress,
) {
  const { signal } = io;
  const settled = await settlePlugins(model, known, judgeable.map(paintedLayout));
  const open = await reading(() => services.open(settled, { needsDetector: false, signal }));
  try {
    const how = settledSampling(open.pipe, sampling);
    requireGuidance(sampling, how.guidanceScale);
    const speakable: { layout: BenchLayout; own: Layout }[] = [];
    for (const layout of judgeable) {
      const own = paintedLayout(layout);
      if (await isKnown(() => open.pipe.check(own))) speakable.push({ layout, own });
    }
    if (speakable.length === 0) {
      throw new InputError(`--model: its words express none of the ${counted(judgeable.length, 'layout')}`);
    }
    const chosen = speakable.slice(0, count);
    requireSeeds(sampling.seed, chosen.length);
    bar.retotal(chosen.length);
    const measured: MeasuredPicture[] = [];
    const notes = warningNotes(io, bar.pause);
    // A batch at a time: the pictures of a large benchmark would not fit into memory together.
    for (let first = 0; first < chosen.length; first += batch) {
      const rows = chosen.slice(first, first + batch);
      const pictures = await samplePictures(
        open.pipe,
        rows.map(({ own }) => own),
        {
          ...{ ...sampling, seed: sampling.seed + first, batch, signal },
          onProgress: (done) => bar.update(first + done, 'painting'),
          onWarning: (warning) => notes.onWarning(layoutWarning(warning).text),
        },
      );
      for (const [i, { image }] of pictures.entries()) measured.push(await measure(rows[i]!.layout, image));
    }
    const settings = {
      model: open.pipe.name,
      ...(await modelIdentity(open.places, parts)),
      ...how,
      ...recordedSettings(known, settled.settings ?? {}, ['call']),
      ...(settled.plugins ? { plugins: settled.plugins.map(moduleText) } : {}),
      ...{ seed: sampling.seed, device: open.pipe.device, batch, expressible: speakable.length },
      ...warningsField(notes.warnings),
    };
    return { measured, settings };
  } finally {
    await open.close();
  }
}

const paintedLayout = ({ prompt, objects, layout }: BenchLayout): Layout => layout ?? { prompt, objects };

async function isKnown(check: () => unknown): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    return false;
  }
}

/** The same layouts drawn with the scenes' art, where their labels are the scenes' classes. */
export async function realScenes(
  measured: readonly MeasuredPicture[],
  measure: Measure,
  bar: Progress,
): Promise<MeasuredPicture[] | undefined> {
  const rows = measured.map(({ objects }) =>
    objects.map(({ phrase, box, label }) => {
      const colour = colourOf(phrase);
      return { box, label: label!, ...(colour === undefined ? {} : { colour }) };
    }),
  );
  if (!rows.flat().every(({ label }) => classLabels.includes(label))) return undefined;
  bar.retotal(rows.length);
  const art = await loadArt();
  const real: MeasuredPicture[] = [];
  for (const [i, row] of rows.entries()) {
    const { layout, size } = measured[i]!;
    const [image] = layoutImages(art, [row], size.width);
    real.push(await measure(layout, image!));
    bar.update(real.length, 'judging real scenes');
  }
  return real;
}
