import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const assets = join(
  dirname(fileURLToPath(import.meta.resolve('@lobehub/fluent-emoji-3d/package.json'))),
  'assets',
);
const sharp = fileURLToPath(import.meta.resolve('sharp'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenes-'));
  const program = `
    import { loadArt, renderBatch, scenePool } from ${JSON.stringify(join(source, 'index.ts'))};
    const art = await loadArt(${JSON.stringify(assets)});
    const pool = scenePool(art, { workers: 2, size: 64, workerUrl: new URL('worker.mjs', import.meta.url) });
    const { images } = await pool.render([5, 6]);
    const same = Buffer.compare(images, renderBatch(art, [5, 6], { size: 64 }).images) === 0;
    await pool.close();
    console.log(JSON.stringify({ same, bytes: images.length }));`;
  await writeFile(join(folder, 'program.ts'), program);
  await build({
    entryPoints: { program: join(folder, 'program.ts'), worker: join(source, 'worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@spatiallock/source'],
    alias: { sharp: pathToFileURL(sharp).href },
    external: ['file:*'],
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the scene pool in one bundled file', () => {
  it('starts its workers from workerUrl and draws the scenes of this thread', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.mjs')]);
    expect(JSON.parse(stdout)).toEqual({ same: true, bytes: 2 * 3 * 64 * 64 });
  });
});
