// Several pictures: each is written as soon as it is painted, and the same command goes on after an interruption.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureModelFolder, temporaryFolder } from '@spatiallock/testing';
import { describe, expect, it } from 'vitest';
import type { Evaluator, Services } from '../src/index.js';
import { fakeServices, filesIn, runHere } from './support.js';

const words = ['generate', '--prompt', 'a dog', '--object', 'a dog@0.1,0.3,0.6,0.9', '--count', '10'];
const bytesIn = (folder: string) =>
  Object.fromEntries(
    filesIn(folder)
      .filter((name) => name.endsWith('.png'))
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );

/** Services whose pipeline aborts a controller in its n-th batch. */
function abortingIn(batch: number, controller: AbortController): Services {
  const { services } = fakeServices();
  let calls = 0;
  const open: Services['open'] = async (...given) => {
    const model = await services.open(...given);
    const stream: typeof model.pipe.stream = async function* (...more) {
      if (++calls === batch) controller.abort();
      yield* model.pipe.stream(...more);
    };
    return { ...model, pipe: { ...model.pipe, stream } };
  };
  return { ...services, open };
}

describe('an interrupted run', () => {
  it('keeps what is painted, and the same command goes on to the same pictures', async () => {
    const [whole, cut] = [temporaryFolder(), temporaryFolder()];
    expect((await runHere(words, { cwd: whole, services: fakeServices().services })).code).toBe(0);
    const controller = new AbortController();
    const services = abortingIn(2, controller);
    const stopped = await runHere(words, { cwd: cut, services, signal: controller.signal });
    expect([stopped.code, stopped.stderr]).toEqual([
      130,
      'interrupted: 5 of 10 pictures are written; the same command goes on from there\n',
    ]);
    expect(filesIn(cut)).toHaveLength(10);
    const { services: again, seeds } = fakeServices();
    const { code, stdout } = await runHere(words, { cwd: cut, services: again });
    expect([code, seeds]).toEqual([0, [16]]);
    expect(stdout.match(/was there already/g)).toHaveLength(5);
    expect(bytesIn(cut)).toEqual(bytesIn(whole));
  });

  it('paints again what was lost, and leaves the rest as it is', async () => {
    const folder = temporaryFolder();
    await runHere(words, { cwd: folder, services: fakeServices().services });
    const before = bytesIn(folder);
    const times = (name: string) => statSync(join(folder, name)).mtimeMs;
    const kept = times('picture-2.png');
    rmSync(join(folder, 'picture-1.png'));
    rmSync(join(folder, 'picture-10.json'));
    const { services, seeds } = fakeServices();
    expect((await runHere(words, { cwd: folder, services })).code).toBe(0);
    expect(seeds).toEqual([11, 16]);
    expect(bytesIn(folder)).toEqual(before);
    expect(times('picture-2.png')).toBe(kept);
  });

  it('keeps pictures whose records say the interval of guidance by its former name', async () => {
    const folder = temporaryFolder();
    const guided = [...words, '--guidance-interval', '0.5,2'];
    await runHere(guided, { cwd: folder, services: fakeServices().services });
    for (const name of filesIn(folder).filter((each) => each.endsWith('.json'))) {
      const path = join(folder, name);
      const { guidanceInterval, ...record } = JSON.parse(readFileSync(path, 'utf8'));
      expect(guidanceInterval).toEqual({ stop: 0.5, scaleAfter: 2 });
      writeFileSync(path, JSON.stringify({ ...record, lateGuidance: { from: 0.5, most: 2 } }));
    }
    const { services, seeds } = fakeServices();
    const deprecated = [...words, '--late-guidance', '0.5,2'];
    const { code, stdout } = await runHere(deprecated, { cwd: folder, services });
    expect([code, seeds]).toEqual([0, []]);
    expect(stdout.match(/was there already/g)).toHaveLength(10);
    const other = await runHere(words, { cwd: folder, services });
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining('was made with guidanceInterval'),
    ]);
  });

  it('refuses pictures that another detector judged', async () => {
    const folder = temporaryFolder();
    const judge: Evaluator = {
      labels: ['dog', 'apple'],
      detect: async () => [],
      detectMany: async (images) => images.map(() => []),
    };
    const judged = [...words, '--verify', '--min-iou', '0'];
    const run = (...more: string[]) =>
      runHere([...judged, ...more], { cwd: folder, services: fakeServices(judge).services });
    expect((await run()).code).toBe(0);
    expect((await run()).stdout).toContain('was there already');
    const { code, stderr } = await run('--detector', 'nanodet');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('was made with no detector, not detector "nanodet"'),
    ]);
  });

  it('refuses pictures that a LoRA of the same name and other bytes made', async () => {
    const folder = temporaryFolder();
    const bytes = readFileSync(new URL('../../lora/test/fixtures/peft.safetensors', import.meta.url));
    writeFileSync(join(folder, 'style.safetensors'), bytes);
    const run = () =>
      runHere([...words, '--lora', 'style.safetensors:0.5'], {
        cwd: folder,
        services: fakeServices().services,
      });
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect((await run()).stdout.match(/was there already/g)).toHaveLength(10);
    bytes[Math.floor(bytes.length * 0.75)]! ^= 1;
    writeFileSync(join(folder, 'style.safetensors'), bytes);
    const { code, stderr } = await run();
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('was made with other contents of the files of its plugins'),
    ]);
  });

  it.each([
    [
      'generate',
      [...words, '--verify', '--min-iou', '0', '--detector', 'nanodet'],
      'weights in --detector-files',
    ],
    ['dataset', ['dataset', '--layouts', 'a.json', '-o', 'set', '--verify', 'nanodet'], '(verify)'],
  ])('refuses to go on where %s is judged by other weights of the detector', async (_, given, message) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'weights'));
    const layout = { prompt: 'a dog', objects: [{ phrase: 'a dog', box: [0, 0, 0.5, 0.5] }] };
    writeFileSync(join(folder, 'a.json'), JSON.stringify([layout]));
    const judge: Evaluator = {
      labels: ['dog'],
      detect: async () => [],
      detectMany: async (images) => images.map(() => []),
    };
    const run = (weights: string) => {
      writeFileSync(join(folder, 'weights', 'nanodet.bin'), weights);
      const { services } = fakeServices(judge);
      return runHere([...given, '--detector-files', 'weights'], { cwd: folder, services });
    };
    expect((await run('one')).code).toBe(0);
    expect((await run('one')).code).toBe(0);
    const { code, stderr } = await run('two');
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('never writes over a file that it reads', async () => {
    const folder = temporaryFolder();
    const layout = JSON.stringify({ prompt: 'a dog', seed: 41, objects: [] });
    writeFileSync(join(folder, 'dog.json'), layout);
    const paint = (...more: string[]) =>
      runHere(['generate', ...more], { cwd: folder, services: fakeServices().services });
    const { code, stderr } = await paint('--layout', 'dog.json', '--out', 'dog.png');
    expect([code, stderr]).toEqual([
      2,
      'error: --out: dog.json would replace the file of --layout; give another name\n',
    ]);
    expect(readFileSync(join(folder, 'dog.json'), 'utf8')).toBe(layout);
    expect((await paint('--layout', 'dog.json', '--out', 'other.png')).code).toBe(0);
    // A record belongs to its picture, which is painted again.
    const again = await paint('--layout', 'other.json', '--seed', '41', '--out', 'other.png');
    expect([again.code, again.stderr]).toEqual([0, '']);
  });

  it('removes what it was writing when it was killed', async () => {
    const folder = temporaryFolder();
    const { pid } = spawnSync(process.execPath, ['--version']);
    const names = ['picture-3.png', 'picture-3.json', '.spatiallock'].map((name) => `${name}.${pid}.0.tmp`);
    const [other, running] = [`photo.png.${pid}.0.tmp`, `picture-3.png.${process.ppid}.0.tmp`];
    for (const name of [...names, other, running]) writeFileSync(join(folder, name), 'half');
    expect((await runHere(words, { cwd: folder, services: fakeServices().services })).code).toBe(0);
    expect(filesIn(folder).filter((name) => name.endsWith('.tmp'))).toEqual([other, running]);

    writeFileSync(join(folder, `report.json.${pid}.4.tmp`), 'half');
    const evaluation = ['evaluate', '--count', '1', '--json', 'report.json'];
    await runHere(evaluation, { cwd: folder, services: fakeServices().services });
    expect(filesIn(folder).filter((name) => name.startsWith('report.json.'))).toEqual([]);
  });

  it('says that nothing is there where nothing is', async () => {
    const [folder, controller] = [temporaryFolder(), new AbortController()];
    const services = abortingIn(1, controller);
    const { code, stderr } = await runHere(words, { cwd: folder, services, signal: controller.signal });
    expect([code, stderr, filesIn(folder)]).toEqual([130, 'interrupted: nothing was written\n', []]);
  });

  it('gives the same bytes on a real pipeline', async () => {
    const model = await fixtureModelFolder();
    const real = [...words.slice(0, -1), '9', '--model', model, '--steps', '2', '--threads', '1'];
    const [whole, cut] = [temporaryFolder(), temporaryFolder()];
    await runHere(real, { cwd: whole });
    await runHere(real, { cwd: cut });
    for (const i of [1, 7, 9]) rmSync(join(cut, `picture-${i}.json`));
    expect((await runHere(real, { cwd: cut })).code).toBe(0);
    expect(bytesIn(cut)).toEqual(bytesIn(whole));
  });
});

describe('other settings', () => {
  const changes: readonly (readonly [string[], string])[] = [
    [['--seed', '12'], 'picture-1.png was made with seed 11, not seed 12'],
    [['--steps', '3'], 'picture-1.png was made with steps 2, not steps 3'],
    [['--strength', '0.5'], 'picture-1.png was made with strength 1, not strength 0.5'],
    [['--poi-until', '0.5'], 'picture-1.png was made with no poiUntil, not poiUntil 0.5'],
    [['--boxes'], 'picture-1.png was made with no boxes, not boxes true'],
    [['--negative', 'a cat'], 'picture-1.png was made with no negativePrompt, not negativePrompt "a cat"'],
    [['--object', 'a cat@0,0,1,1'], 'picture-1.png was made with other objects'],
  ];

  it('are refused by name before anything is painted, unless everything is painted anew', async () => {
    const folder = temporaryFolder();
    await runHere(words, { cwd: folder, services: fakeServices().services });
    const before = bytesIn(folder);
    for (const [more, message] of changes) {
      const { services, seeds } = fakeServices();
      const { code, stderr } = await runHere([...words, ...more], { cwd: folder, services });
      expect([code, stderr]).toEqual([2, expect.stringContaining(`--out: ${message}`)]);
      expect([seeds, bytesIn(folder)]).toEqual([[], before]);
    }
    const { services } = fakeServices();
    const more = ['--seed', '12', '--overwrite'];
    expect((await runHere([...words, ...more], { cwd: folder, services })).code).toBe(0);
    expect(bytesIn(folder)).not.toEqual(before);
  });

  it('are those of another model of the same name', async () => {
    const folder = temporaryFolder();
    const models = [await fixtureModelFolder(), await fixtureModelFolder()];
    writeFileSync(join(models[1], 'note.txt'), 'of another kind');
    const run = (model: string) =>
      runHere([...words, '--model', model], { cwd: folder, services: fakeServices().services });
    expect((await run(models[0])).code).toBe(0);
    expect((await run(models[1])).stderr).toContain('was made with other weights');
  });

  it('and files that are no records are kept', async () => {
    const folder = temporaryFolder();
    for (const content of ['{', '[]', '{"objects":1}']) {
      writeFileSync(join(folder, 'picture-3.json'), content);
      const { code, stderr } = await runHere(words, { cwd: folder, services: fakeServices().services });
      expect([code, stderr]).toEqual([2, expect.stringContaining('--out: picture-3.png has a')]);
      expect(filesIn(folder)).toEqual(['picture-3.json']);
    }
  });
});
