// Folders that tests work in.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { fixtureModel, type Overlay } from './fixtureModel.js';

const folders: string[] = [];

// Registered when a test file imports this module: a hook that is registered while a test runs is never called.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Creates an empty folder that is removed when the file's tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spatiallock-test-'));
  folders.push(folder);
  return folder;
}

/** The files of `fixtureModel`. */
export const modelFiles = [
  'model_index.json',
  'unet/config.json',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/config.json',
  'vae/diffusion_pytorch_model.safetensors',
  'text_encoder/config.json',
  'text_encoder/model.safetensors',
  'tokenizer/vocab.json',
  'tokenizer/merges.txt',
  'tokenizer/tokenizer_config.json',
  'tokenizer/special_tokens_map.json',
  'scheduler/scheduler_config.json',
];

/** The fixtures' small random model as a folder on disk; `overlay` replaces files, or hides them (undefined). */
export async function fixtureModelFolder(overlay: Overlay = {}): Promise<string> {
  const folder = temporaryFolder();
  const files = fixtureModel({}, overlay);
  for (const path of new Set([...modelFiles, ...Object.keys(overlay)])) {
    const bytes = await files.read(path);
    if (!bytes) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}
