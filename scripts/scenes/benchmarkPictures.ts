// Draws a benchmark's layouts with the art: npm run scenes:bench -- mig_bench_anno.yaml folder
// `spatiallock bench --images folder` then says what a judge sees where everything stands right.

import { mkdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type BenchmarkLayout, readBenchmarkCsv, readMig } from '@spatiallock/data/benchmarks';
import { writePng } from '@spatiallock/node';
import {
  backgroundNames,
  classes,
  colourOf,
  labelOf,
  loadArt,
  type PlannedObject,
  renderScene,
  SCENE_SIZE,
  type ScenePlan,
} from '@spatiallock/scenes';

const [file, folder] = process.argv.slice(2);
if (!file || !folder) throw new Error('name the file of the layouts and the folder for the pictures');

const art = await loadArt();
await mkdir(folder, { recursive: true });
const read = extname(file) === '.csv' ? readBenchmarkCsv : readMig;
const plans = read(await readFile(file, 'utf8')).map((layout, seed) => ({
  layout,
  plan: planOf(layout, seed),
}));
const known = plans.filter(({ plan }) => plan.objects.every(({ index }) => index >= 0));
for (const { layout, plan } of known) {
  const data = new Uint8ClampedArray(renderScene(art, plan).image);
  const image = { width: SCENE_SIZE, height: SCENE_SIZE, channels: 3, data } as const;
  await writePng(join(folder, `${layout.id}.png`), image);
}
console.log(`${known.length} pictures of ${plans.length} layouts`);

function planOf({ prompt, objects }: BenchmarkLayout, seed: number): ScenePlan {
  return {
    ...{ seed, split: 'heldout', caption: prompt, backgroundSeed: seed },
    background: backgroundNames[seed % backgroundNames.length],
    objects: objects.map(objectOf),
  };
}

/** An object of the art; its index is -1 where the art has none of that name. */
function objectOf({ phrase, box }: BenchmarkLayout['objects'][number]): PlannedObject {
  const label = labelOf(phrase) ?? '';
  const colour = colourOf(phrase);
  return {
    ...{
      index: classes.findIndex((each) => each.label === label),
      label,
      phrase,
      box,
      flip: false,
      visible: 1,
    },
    ...(colour ? { colour } : {}),
  };
}
