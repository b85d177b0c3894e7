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
import {
  execute,
  installedProject,
  installedVersions,
  type Project,
  projectWith,
} from '../packages/install.js';

const PATIENCE = 900_000;
const STEPS = 4;

let project: Project;

beforeAll(async () => {
  project = await installedProject(installedVersions(['onnxruntime-node', 'onnxruntime-web', 'sharp']));
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

/** By package: what a program imports, the plugin, what a layout has for it, and the folder that it reads. */
const plugins = {
  '@spatiallock/lora': {
    imports: "import { lora, readLora } from '@spatiallock/lora';",
    plugin: "lora(readLora(await readFile(join(data, 'peft.safetensors'))))",
    fields: '{}',
    data: 'packages/lora/test/fixtures',
  },
  '@spatiallock/controlnet': {
    imports: "import { controlnet, readControlNet } from '@spatiallock/controlnet';",
    plugin: 'controlnet(await readControlNet(files(data)))',
    fields:
      '{ control: { width: 128, height: 128, channels: 3, data: new Uint8Array(3 * 128 * 128).fill(200) } }',
    data: 'packages/controlnet/test/fixtures',
  },
  '@spatiallock/attention-guidance': {
    imports: "import { attentionGuidance } from '@spatiallock/attention-guidance';",
    plugin: 'attentionGuidance({ lossScale: 1e6, lossThreshold: 0 })',
    fields: "{ objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 1] }] }",
    data: 'packages/attention-guidance/src',
  },
};

const smallModel = await fixtureModelFolder();

/** Prints how many pixels a plugin changes, as JSON. */
const pluginProgram = (imports: string, plugin: string, fields: string): string => `
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu } from '@spatiallock/backend-onnx';
import { fromPretrained } from '@spatiallock/core';
${imports}

const [model, data] = process.argv.slice(2);
const files = (folder) => ({ read: (path) => readFile(join(folder, path)).catch(() => undefined) });
const backend = cpu({ threads: 1 });

async function painted(plugins, fields) {
  const pipe = await fromPretrained(files(model), { backend, plugins });
  const { images } = await pipe.generate({ prompt: 'a dog', objects: [], ...fields }, { seed: 7, steps: 2 });
  return images[0].data;
}
const plain = await painted([], {});
const steered = await painted([${plugin}], ${fields});
const changed = plain.filter((value, i) => value !== steered[i]).length;
console.log(JSON.stringify({ pixels: plain.length, changed }));
`;

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
