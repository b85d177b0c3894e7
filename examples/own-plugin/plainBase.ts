// The embedded model as if nobody had taught it boxes: without the weights of any plugin.

import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readWeights } from '@spatiallock/core/io';
import { modelDirectory } from '@spatiallock/model-emoji';
import { directory, writeTensors } from '@spatiallock/node';

/** Folders and parts of names that plugins own. */
const FOLDERS = ['poi', 'perception'];
const PARTS = ['position_net', 'fuser'];

/** Writes a copy of the model to a new folder. */
export async function writePlainBase(folder: string): Promise<void> {
  await cp(modelDirectory, folder, { recursive: true });
  for (const name of FOLDERS) await rm(join(folder, name), { recursive: true, force: true });
  const weights = await readWeights(directory(folder), 'unet', { float32: true });
  const plain = Object.entries(weights).filter(
    ([name]) => !name.split('.').some((part) => PARTS.includes(part)),
  );
  await writeTensors(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'), Object.fromEntries(plain));
  const path = join(folder, 'unet', 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, attention_type: 'default' }, null, 2));
}
