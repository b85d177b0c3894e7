// Paints the small objects of finished pictures again, enlarged.

import { sizeOf, type Tensor, tensor } from '../../graph/tensor.js';
import { latentChannels } from '../../models/unet2dConditionConfig.js';
import type { RgbImage } from '../image.js';
import type { Layout } from '../layout.js';
import { seededNoise } from '../noise.js';
import { type StepEvent, sample } from '../sampling.js';
import type { Components, SamplingRun } from '../samplingRun.js';
import { sheetImage } from './sheetImage.js';
import { type Sheet, sheetsOf } from './sheets.js';
import { type PaintedTile, stitch } from './stitch.js';

/** A run with room for the objects of its sheets, and the sheets of each picture. */
interface DetailedRun {
  readonly run: SamplingRun;
  readonly sheets: readonly (readonly Sheet[])[];
}

/** Decides what is painted again. Pictures and sheets get the same room for objects, and so share a compiled graph. */
function detailedRun({ plugins, decoding }: Components, run: SamplingRun): DetailedRun {
  const { layouts, size, options, source } = run;
  const isPossible =
    options.decode && !source && decoding.encodes && !plugins.some((each) => each.wholePicture);
  const below = isPossible ? (options.details?.settings.below ?? 0) : 0;
  const sheets = layouts.map((layout) => sheetsOf(layout, size, below));
  const all = sheets.flat();
  if (all.length === 0) return { run, sheets };
  const asked = [...layouts, ...all.map(({ layout }) => layout)].map(({ objects }) => objects.length);
  const objectSlots = Math.max(options.objectSlots, ...asked);
  return { sheets, run: { ...run, options: { ...options, objectSlots } } };
}

/** Samples pictures, then what is painted again of them; the events of both, and the pictures with the last one. */
export async function* sampleWithDetails(
  components: Components,
  given: SamplingRun,
): AsyncGenerator<StepEvent, void, undefined> {
  const { run, sheets } = detailedRun(components, given);
  const further = sheets.flat().length * (run.options.details?.plan.steps.length ?? 0);
  if (further === 0) return yield* sample(components, run);
  let last: StepEvent | undefined;
  for await (const { images, ...event } of sample(components, run)) {
    last = { ...event, calls: event.calls + further, ...(images ? { images } : {}) };
    const { images: _, ...shown } = last;
    yield shown;
  }
  if (!last?.images) return;
  yield* paintSheets(components, run, sheets, { ...last, images: last.images });
}

/** The last event of what was painted first. */
type Finished = StepEvent & { readonly images: readonly RgbImage[] };

async function* paintSheets(
  components: Components,
  run: SamplingRun,
  sheets: DetailedRun['sheets'],
  { images: before, ...finished }: Finished,
): AsyncGenerator<StepEvent, void, undefined> {
  const images = [...before];
  const preview = async (row = 0): Promise<RgbImage> => copyOf(images[row]!);
  let { stepIndex } = finished;
  for (const [row, own] of sheets.entries()) {
    const tiles: PaintedTile[] = [];
    for (const [i, sheet] of own.entries()) {
      const events = sample(components, sheetRun(components, run, before[row]!, { row, sheet, i }));
      for await (const { timestep, milliseconds, images: all } of events) {
        for (const tile of all ? sheet.tiles : []) tiles.push({ tile, painted: all![0]! });
        if (all) images[row] = withTiles(before[row]!, run.layouts[row]!, tiles);
        stepIndex++;
        const isLast = stepIndex === finished.calls - 1;
        yield { ...finished, stepIndex, timestep, milliseconds, preview, ...(isLast ? { images } : {}) };
      }
    }
  }
}

const copyOf = (image: RgbImage): RgbImage => ({ ...image, data: image.data.slice() });

/** A picture with objects that were painted again, back to front. */
function withTiles(image: RgbImage, { objects }: Layout, tiles: readonly PaintedTile[]): RgbImage {
  const into = copyOf(image);
  const boxes = objects.map(({ box }) => box);
  const order = [...tiles].sort((a, b) => a.tile.object - b.tile.object);
  for (const tile of order) stitch(image, tile, boxes, into);
  return into;
}

interface PlacedSheet {
  readonly row: number;
  readonly sheet: Sheet;
  /** Of the picture's sheets. */
  readonly i: number;
}

/** A sheet as a picture that is painted over, with further noise of the picture's own seed. */
function sheetRun(
  components: Components,
  { options, size, latents: _, ...rest }: SamplingRun,
  image: RgbImage,
  { row, sheet, i }: PlacedSheet,
): SamplingRun {
  const { details, deepCache: __, ...sampling } = options;
  const seed = options.seed + row;
  const { strength } = details!.settings;
  return {
    ...rest,
    size,
    layouts: [withoutLists(sheet.layout, components)],
    options: { ...sampling, seed, plan: details!.plan, steps: details!.settings.steps },
    source: { images: [sheetImage(image, sheet.tiles, size)], strength, size },
    latents: furtherNoise(components, size, seed, options.generator, i),
  };
}

/** A layout without the lists of objects that plugins added: their boxes are those of the whole picture. */
function withoutLists(layout: Layout, { plugins }: Components): Layout {
  const lists = new Set(plugins.flatMap(({ layoutFields }) => layoutFields?.lists ?? []));
  return Object.fromEntries(Object.entries(layout).filter(([name]) => !lists.has(name))) as unknown as Layout;
}

/** The seed's noise after its first, on which the picture was painted. */
function furtherNoise(
  { unet, decoding }: Components,
  { width, height }: SamplingRun['size'],
  seed: number,
  generator: SamplingRun['options']['generator'],
  i: number,
): Tensor {
  const { factor } = decoding.decoder;
  const shape = [1, latentChannels(unet.config), height / factor, width / factor];
  const noise = seededNoise(seed, 1, sizeOf(shape), generator);
  for (let k = 0; k <= i; k++) noise();
  return tensor(noise(), shape);
}
