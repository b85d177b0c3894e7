// `npm run new-classes:tab`: the new classes learnt in a tab of Chromium, in the demo, and what is painted with what was learnt.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { parseAdapter, withAdapter } from '@spatiallock/core/adapters';
import { type LabelledImage, writeCoco } from '@spatiallock/data';
import { openSession, type Session } from '@spatiallock/demo/test/session';
import { loaded, saved, slide, unfold, withoutPickers } from '@spatiallock/demo/test/studio';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory } from '@spatiallock/node';
import { runCommand } from '@spatiallock/research-harness';
import { loadArt, type ScenePlan } from '@spatiallock/scenes';
import { measureNew, measureOld } from './measure.js';
import { writePictures } from './pictures.js';
import { readTabSettings, tabArgs } from './settings.js';
import { loadStamps, newClasses } from './stamps.js';

const PATIENCE = 3_600_000;

await runCommand({
  name: 'new-classes:tab',
  description: 'Teach the embedded model two classes in a tab of Chromium, by the demo.',
  args: tabArgs,
  async run(flags, { signal, say }) {
    const { folder, ...settings } = readTabSettings(flags);
    const sprites = await loadStamps(settings.stamps);
    await mkdir(folder, { recursive: true });
    const images = join(folder, 'images');
    const pictures = await writePictures(images, settings.pictures, await loadArt(), sprites);
    const session = openSession();
    await session.start();
    const learnt = await learnInTab(session, images, pictures, settings).finally(() => session.end());
    await writeFile(join(folder, 'adapter.safetensors'), learnt.adapter);
    say(`learnt in ${learnt.seconds} s: ${settings.steps} steps of ${settings.batch} pictures`);
    const backend = cpu({});
    try {
      const model = await withAdapter(directory(modelDirectory), parseAdapter(learnt.adapter));
      const { images: _, ...fresh } = await measureNew(
        { backend, model, signal },
        sprites,
        settings.count,
        phrasesOf,
      );
      say(`new classes: ${JSON.stringify(fresh)}`);
      const before = await measureOld({ backend, model: modelDirectory, signal }, settings.oldCount);
      const after = await measureOld({ backend, model, signal }, settings.oldCount);
      say(`old classes: ${JSON.stringify({ before, after })}`);
    } finally {
      await backend.dispose();
    }
  },
});

/** The demo makes captions of phrases: it learns no word for two of a kind. */
function phrasesOf({ objects }: ScenePlan): string {
  return objects.map(({ phrase }) => phrase).join(' and ');
}

/** Adds pictures and boxes to the demo's panel, learns, and saves the adapter. Seconds are those from the button to the end. */
async function learnInTab(
  session: Session,
  folder: string,
  pictures: readonly LabelledImage[],
  { steps, batch, rehearse }: Pick<ReturnType<typeof readTabSettings>, 'steps' | 'batch' | 'rehearse'>,
): Promise<{ readonly adapter: Uint8Array; readonly seconds: number }> {
  const page = await session.visit({ acceptDownloads: true });
  await page.addInitScript(withoutPickers);
  await page.goto(session.site.origin);
  await unfold(page, 'Teach it new things');
  const coco = writeCoco(
    pictures,
    newClasses.map(({ label }) => label),
  );
  const files = await Promise.all(
    pictures.map(async ({ fileName }) => ({
      name: fileName,
      mimeType: 'image/png',
      buffer: await readFile(join(folder, fileName)),
    })),
  );
  const boxes = {
    name: 'coco.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(coco)),
  };
  await page.getByLabel('Add pictures').setInputFiles([...files, boxes]);
  await page.getByText('New words: ').waitFor();
  await slide(page, 'Training steps', steps);
  await slide(page, 'Pictures in a step', batch);
  await slide(page, 'Pictures of known things', rehearse);
  await loaded(page);
  const clock = performance.now();
  await page.getByRole('button', { name: 'Learn', exact: true }).click();
  await page.getByTestId('learnt').waitFor({ timeout: PATIENCE });
  const seconds = Math.round((performance.now() - clock) / 1000);
  const { bytes } = await saved(page, 'Save what was learnt');
  await page.context().close();
  return { adapter: new Uint8Array(bytes), seconds };
}
