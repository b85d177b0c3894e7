// All packages packed, installed into a project outside of the repository, and used there: by the command, as a library
// in Node, and in pages that Vite and esbuild bundle. Needs the built packages and Chromium.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fixtureModelFolder } from '@spatiallock/testing';
import { launchChromium } from '@spatiallock/testing/chromium';
import { build as esbuild } from 'esbuild';
import sharp from 'sharp';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../browser/serve.js';
import { copiedExamples, copyExample } from '../packages/examples.js';
import {
  execute,
  installedProject,
  installedVersions,
  type Project,
  projectWith,
} from '../packages/install.js';
import { pluginProgram, plugins } from '../packages/pluginPrograms.js';
import { describeInstalledCommands } from './packed/commands.js';

const PATIENCE = 900_000;
const STEPS = 4;

let project: Project;

beforeAll(async () => {
  project = await installedProject(
    installedVersions(['onnxruntime-node', 'onnxruntime-web', 'sharp', 'bullmq', 'ioredis']),
  );
}, PATIENCE);
afterAll(() => project?.remove());

const layout = `{ prompt: 'a dog on a beach', objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9] }] }`;
const library = `
import { cpu } from '@spatiallock/backend-onnx';
import { modelDirectory } from '@spatiallock/model-emoji';
import { fromPretrained, writePng } from '@spatiallock/node';
import { poi } from '@spatiallock/poi';

const pipe = await fromPretrained(modelDirectory, { backend: cpu(), plugins: [poi()] });
for await (const { images } of pipe.stream(${layout}, { seed: 7, steps: ${STEPS} })) {
  if (images) await writePng('library.png', images[0]);
}
`;
const page = `
import { wasm } from '@spatiallock/backend-onnx/web';
import { fromPretrained } from '@spatiallock/core';
import { modelFiles } from '@spatiallock/model-emoji/web';
import { poi } from '@spatiallock/poi';

async function paint() {
  const backend = wasm({ wasmPaths: '/ort/', threads: 1 });
  const pipe = await fromPretrained(modelFiles, { backend, plugins: [poi()] });
  for await (const { images } of pipe.stream(${layout}, { seed: 7, steps: ${STEPS} })) {
    if (images) return Array.from(images[0].data);
  }
}
globalThis.painted = paint().then((pixels) => ({ pixels }), (error) => ({ error: String(error) }));
`;

const smallModel = await fixtureModelFolder();

const pixelsOf = async (name: string): Promise<Uint8Array> =>
  sharp(readFileSync(join(project.folder, name)))
    .removeAlpha()
    .raw()
    .toBuffer();

const meanDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - (b[i] ?? 255))).reduce((sum, each) => sum + each, 0) /
  a.length;

describe('an installed package', () => {
  it(
    'is a command that paints',
    async () => {
      const command = join(project.folder, 'node_modules', '.bin', 'spatiallock');
      const words = ['generate', '--prompt', 'a dog on a beach', '--object', 'a dog@0.1,0.3,0.6,0.9'];
      const more = ['--seed', '7', '--steps', String(STEPS), '--pog', '0', '--json', '-o', 'command.png'];
      const { stdout } = await execute(command, [...words, ...more], { cwd: project.folder });
      expect(JSON.parse(stdout)).toMatchObject({ path: join(project.folder, 'command.png'), seed: 7 });
      expect(existsSync(join(project.folder, 'command.png'))).toBe(true);
    },
    PATIENCE,
  );

  it(
    'is a library that paints the same picture',
    async () => {
      writeFileSync(join(project.folder, 'library.js'), library);
      await execute(process.execPath, ['library.js'], { cwd: project.folder });
      expect(await pixelsOf('library.png')).toEqual(await pixelsOf('command.png'));
    },
    PATIENCE,
  );

  it('holds no package that only this repository needs', () => {
    expect(existsSync(join(project.folder, 'node_modules', 'emojibase-data'))).toBe(false);
  });
});

describeInstalledCommands(() => project, PATIENCE);

describe('a plugin, with core and a backend alone', () => {
  it.each(Object.entries(plugins))(
    '%s changes what a small model paints',
    async (name, { imports, plugin, fields, data }) => {
      const alone = projectWith(project, ['@spatiallock/core', '@spatiallock/backend-onnx', name]);
      try {
        writeFileSync(join(alone.folder, 'paint.js'), pluginProgram(imports, plugin, fields));
        const words = ['paint.js', smallModel, resolve(data)];
        const { stdout } = await execute(process.execPath, words, { cwd: alone.folder });
        const { pixels, changed } = JSON.parse(stdout);
        expect(changed).toBeGreaterThan(pixels / 10);
      } finally {
        alone.remove();
      }
    },
    PATIENCE,
  );
});

/** The interpreter that `npm run torch` finds. */
async function torchPython(): Promise<string> {
  const words = ['--import', 'tsx', 'examples/torch-backend/require.ts'];
  const { stdout } = await execute(process.execPath, words);
  return stdout.trim().replace(/^PyTorch: /, '');
}

describe('an example, copied', () => {
  const checks: Readonly<Record<string, (said: unknown) => void>> = {
    'a plugin that trains': (said) => {
      const { first, last, gap } = said as Readonly<Record<string, number>>;
      expect(last).toBeLessThan(0.9 * first!);
      expect(gap).toBeGreaterThan(0.05);
    },
    'a detector of an ONNX file': (said) => {
      expect(said).toEqual([{ label: 'bright', score: expect.closeTo(1, 1), box: [0.5, 0, 1, 1] }]);
    },
    'a backend on PyTorch': (said) => {
      const { numbers, gap } = said as Readonly<Record<string, number>>;
      expect(numbers).toBeGreaterThan(0);
      expect(gap).toBeLessThan(1e-3);
    },
  };

  it.each(Object.entries(copiedExamples))(
    'is %s',
    async (name, example) => {
      const folder = join(project.folder, example.folder);
      await copyExample(example, folder);
      const words = ['main.js', smallModel, join(folder, 'run'), await torchPython()];
      const { stdout } = await execute(process.execPath, words, { cwd: folder });
      checks[name]!(JSON.parse(stdout));
    },
    PATIENCE,
  );
});

describe('a page', () => {
  const bundlers: Readonly<Record<string, (entry: string, outdir: string) => Promise<unknown>>> = {
    esbuild: (entry, outdir) =>
      esbuild({
        entryPoints: { page: entry },
        outdir,
        bundle: true,
        splitting: true,
        format: 'esm',
        logLevel: 'error',
      }),
    vite: (entry, outDir) =>
      vite({
        root: project.folder,
        base: '/page/',
        configFile: false,
        logLevel: 'error',
        build: {
          outDir,
          target: 'es2022',
          rollupOptions: { input: entry, output: { entryFileNames: 'page.js' } },
        },
      }),
  };

  it.each(Object.entries(bundlers))(
    'that %s bundles paints what Node paints',
    async (name, bundle) => {
      const entry = join(project.folder, 'page.js');
      writeFileSync(entry, page);
      const outdir = join(project.folder, 'bundles', name);
      await bundle(entry, outdir);
      const modules = join(project.folder, 'node_modules');
      const model = join(modules, '@spatiallock/model-emoji/model');
      // esbuild leaves the model's addresses as they are; a bundle of Vite's holds the files itself.
      const folders = {
        page: outdir,
        ort: join(modules, 'onnxruntime-web/dist'),
        ...(name === 'esbuild' && { model }),
      };
      const served = await serve(folders);
      const browser = await launchChromium({ webgpu: false });
      try {
        const tab = await browser.newPage();
        tab.setDefaultTimeout(PATIENCE);
        await tab.goto(served.origin);
        await tab.waitForFunction(() => 'painted' in globalThis);
        const { error, pixels } = await tab.evaluate(
          () =>
            (globalThis as unknown as { painted: Promise<{ error?: string; pixels?: number[] }> }).painted,
        );
        expect(error).toBeUndefined();
        expect(meanDifference(pixels ?? [], await pixelsOf('library.png'))).toBeLessThan(2);
      } finally {
        await browser.close();
        await served.close();
      }
    },
    PATIENCE,
  );
});
