// Draws COCO-MIG's layouts with the art: npm run scenes:mig -- mig_bench_anno.yaml folder [first background seed]
// `spatiallock bench --images folder` then says what a judge sees where everything stands right.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readMig } from '@spatiallock/data/benchmarks';
import { writePng } from '@spatiallock/node';
import { loadArt } from '../src/art.js';
import { backgroundNames } from '../src/backgrounds.js';
import { classes } from '../src/classes.js';
import { colourOf, labelOf } from '../src/labels.js';
import type { ScenePlan } from '../src/plan.js';
import { renderScene, SCENE_SIZE } from '../src/scene.js';

const [file, folder, start = '0'] = process.argv.slice(2);
if (!file || !folder) throw new Error('name the file of the layouts and the folder for the pictures');

const art = await loadArt();
await mkdir(folder, { recursive: true });
let drawn = 0;
for (const [i, layout] of readMig(await readFile(file, 'utf8')).entries()) {
  const objects = layout.objects.flatMap(({ phrase, box }): ScenePlan['objects'][number][] => {
    const index = classes.findIndex(({ label }) => label === labelOf(phrase));
    const colour = colourOf(phrase);
    if (index < 0) return [];
    return [
      {
        ...{ index, label: classes[index].label, phrase, box, flip: false, visible: 1 },
        ...(colour ? { colour } : {}),
      },
    ];
  });
  if (objects.length < layout.objects.length) continue;
  const seed = Number(start) + i;
  const background = backgroundNames[seed % backgroundNames.length];
  const plan: ScenePlan = {
    seed,
    split: 'heldout',
    caption: layout.prompt,
    background,
    backgroundSeed: seed,
    objects,
  };
  const { image } = renderScene(art, plan);
  const data = new Uint8ClampedArray(image);
  await writePng(join(folder, `${layout.id}.png`), {
    width: SCENE_SIZE,
    height: SCENE_SIZE,
    channels: 3,
    data,
  });
  drawn++;
}
console.log(`${drawn} pictures`);
