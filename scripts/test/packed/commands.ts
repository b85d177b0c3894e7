// The commands about data sets and figures, from packed tarballs, each on what the one before it made.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Redis, startRedis } from '@spatiallock/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyModel } from '../../fuzz/tinyModel.js';
import { execute, type Project } from '../../packages/install.js';

const spec = { count: 4, seed: 3, classes: { dog: 2, apple: 1 }, objects: [1, 2], captions: ['{objects}'] };
/** As C-Bench's files are. */
const csv = `id,category,prompt,obj1,bbox1,obj2,bbox2
0000,one,a dog,a dog,"26,150,300,480",,
0001,two,a dog and an apple,a dog,"26,150,230,480",an apple,"280,250,460,460"
0002,one,a harpsichord,a harpsichord,"26,150,300,480",,
`;
const own = {
  prompt: 'a dog on a beach',
  objects: [{ phrase: 'a dog', box: [0.1, 0.3, 0.6, 0.9], label: 'forklift' }],
};
const detector = `
export default {
  labels: ['forklift'],
  detect: async () => [{ label: 'forklift', score: 0.9, box: [0.1, 0.3, 0.6, 0.6] }],
};
`;

/** `project`: where all packages are installed. */
export function describeInstalledCommands(project: () => Project, patience: number): void {
  describe('the installed command', () => {
    let redis: Redis;
    const path = (...parts: string[]): string => join(project().folder, ...parts);
    const command = (): string => path('node_modules', '.bin', 'spatiallock');
    const run = async (...words: string[]): Promise<string> =>
      (await execute(command(), words, { cwd: project().folder })).stdout;
    const json = (...parts: string[]) => JSON.parse(readFileSync(path(...parts), 'utf8'));

    beforeAll(async () => {
      redis = await startRedis();
      const files = { 'spec.json': JSON.stringify(spec), 'c_bench.csv': csv, 'detector.mjs': detector };
      for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
      writeFileSync(path('own.jsonl'), `${JSON.stringify(own)}\n`);
      for (const [name, bytes] of await tinyModel()) {
        mkdirSync(dirname(path('tiny', name)), { recursive: true });
        writeFileSync(path('tiny', name), bytes);
      }
    }, patience);
    afterAll(() => redis?.stop());

    it(
      'dataset paints a specification in all formats, judged',
      async () => {
        const words = ['--format', 'coco,yolo,voc,webdataset', '--verify', 'builtin', '--retry', '1'];
        const more = [
          '--failed',
          'flag',
          '--splits',
          'train=0.5,val=0.5',
          '--licence',
          'MIT',
          '--steps',
          '2',
        ];
        expect(await run('dataset', '--spec', 'spec.json', '-o', 'set', ...words, ...more)).toMatch(
          /set: \d/,
        );
        expect(readdirSync(path('set')).sort()).toEqual(
          ['Annotations', 'ImageSets', 'JPEGImages', 'annotations', 'data.yaml', 'dataset.json', 'images']
            .concat(['labels', 'records', 'records.jsonl', 'shards', 'statistics.html'])
            .sort(),
        );
        expect(json('set', 'annotations', 'instances_train.json').images.length).toBeGreaterThan(0);
      },
      patience,
    );

    it(
      "a worker paints somebody's COCO file over Redis",
      async () => {
        const worker = spawn(command(), ['worker', '--queue', redis.url], {
          cwd: project().folder,
          stdio: 'ignore',
        });
        try {
          const coco = ['--coco', 'set/annotations/instances_train.json', '--steps', '2'];
          const made = await run('dataset', ...coco, '-o', 'again', '--queue', redis.url);
          expect(made).toMatch(/again: \d/);
          expect(worker.exitCode).toBeNull();
        } finally {
          worker.kill('SIGKILL');
          if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
        }
        const labels = (set: string) =>
          json(set, 'annotations', 'instances_train.json').annotations.map(
            ({ bbox }: { bbox: readonly number[] }) => bbox.map((value) => value.toFixed(3)),
          );
        expect(labels('again')).toEqual(labels('set'));
      },
      patience,
    );

    it(
      'train learns from such a data set',
      async () => {
        const data = ['--data', 'set/annotations/instances_train.json', '--images', 'set/images/train'];
        const words = [
          '--base',
          'tiny',
          '--steps',
          '2',
          '--batch',
          '1',
          '--validation',
          '0',
          '--out',
          'trained',
        ];
        await run('train', ...data, ...words);
        expect(existsSync(path('trained', 'model_index.json'))).toBe(true);
      },
      patience,
    );

    it(
      "bench scores a benchmark's layouts, as far as words and labels express them",
      async () => {
        await run('bench', '--layouts', 'c_bench.csv', '--steps', '2', '--json', 'scores.json');
        const { benchmark, scores, real } = json('scores.json');
        expect(benchmark).toMatchObject({ format: 'csv', layouts: 3, judgeable: 2 });
        expect([scores.pictures, scores.instances, real.pictures]).toEqual([2, 3, 2]);
      },
      patience,
    );

    it(
      "evaluate measures one's own classes, and card tells of it",
      async () => {
        const words = ['--layouts', 'own.jsonl', '--detector', './detector.mjs', '--steps', '2'];
        expect(await run('evaluate', ...words, '--json', 'report.json')).toMatch(/forklift +1 +0\.500/);
        const model = 'node_modules/@spatiallock/model-emoji/model';
        await run('card', model, 'report.json', '--name', json('report.json').model, '-o', 'CARD.md');
        expect(readFileSync(path('CARD.md'), 'utf8')).toMatch(/own\.jsonl[\s\S]*0\.500/);
      },
      patience,
    );
  });
}
