// `npm run photographs`: writes a data set of the second domain, for `spatiallock train`.

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text, wholeNumber } from '@spatiallock/cli/command';
import { type LabelledImage, writeCoco } from '@spatiallock/data';
import { runCommand } from '@spatiallock/research-harness';
import { compose } from './compose.js';
import { planPicture } from './plan.js';
import { materialArgs, readMaterial } from './settings.js';

await runCommand({
  name: 'photographs',
  description: 'Compose photographs of known things before photographs, with boxes in COCO format.',
  args: {
    ...materialArgs,
    out: {
      type: 'string',
      valueHint: 'runs/photographs',
      description: 'a folder for pictures and coco.json',
    },
    count: { type: 'string', valueHint: '1000', description: 'pictures' },
    seed: { type: 'string', valueHint: '0', description: 'of the first picture' },
    size: { type: 'string', valueHint: '256', description: 'pixels of a side' },
  },
  run: async (flags, { signal, say }) => {
    const out = resolve(text(flags, 'out') ?? 'runs/photographs');
    const count = wholeNumber(flags, 'count', { min: 1, max: 1_000_000 }) ?? 1000;
    const seed = wholeNumber(flags, 'seed', { min: 0 }) ?? 0;
    const size = wholeNumber(flags, 'size', { min: 32, max: 2048 }) ?? 256;
    const material = await readMaterial(flags);
    const { photographs } = material;
    await mkdir(join(out, 'images'), { recursive: true });
    const images: LabelledImage[] = [];
    for (let i = 0; i < count; i++) {
      signal.throwIfAborted();
      const plan = planPicture(seed + i, photographs, size);
      const fileName = `${seed + i}.png`;
      const picture = await compose(plan, material, size);
      await writeFile(join(out, 'images', fileName), await picture.png().toBuffer());
      const objects = plan.objects.map(({ label, phrase, box }) => ({ label, phrase, box }));
      images.push({ fileName, width: size, height: size, caption: plan.caption, objects });
    }
    const labels = [...new Set(photographs.map(({ label }) => label))].sort();
    await writeFile(join(out, 'coco.json'), `${JSON.stringify(writeCoco(images, labels))}\n`);
    say(`${count} pictures of ${labels.length} classes, by ${photographs.length} photographs, in ${out}`);
  },
});
