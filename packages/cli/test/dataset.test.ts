import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Box, type Detection, parseLayout } from '@spatiallock/core';
import { PNG_KEYWORD, readCoco, readPngText, readYolo } from '@spatiallock/data';
import { writePng } from '@spatiallock/node';
import { temporaryFolder } from '@spatiallock/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Services } from '../src/index.js';
import { fakeServices, plainImage, runHere } from './support.js';

const layout = (phrase: string, x = 0) => ({
  prompt: `${phrase} at night`,
  objects: [{ phrase, box: [x, 0, x + 0.5, 0.5] }],
});
const lines = (...phrases: string[]) => phrases.map((phrase) => JSON.stringify(layout(phrase))).join('\n');

function folderWith(content: string, name = 'layouts.jsonl'): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  return folder;
}

/** A detector that sees what `seen` says of a picture's seed. */
function servicesSeeing(seen: (seed: number) => readonly Detection[]): Services & { seeds: number[] } {
  const fake = fakeServices();
  const openDetector: Services['openDetector'] = async () => ({
    labels: ['dog', 'cat'],
    // Pictures of the stand-in have their seed as their colour.
    detect: async ({ data }) => [...seen(data[0]!)],
  });
  return { ...fake.services, openDetector, seeds: fake.seeds };
}

const dogThere: Detection = { label: 'dog', score: 0.9, box: [0, 0, 0.5, 0.5] };

/** Names and hashes of all files below a folder. */
function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    names
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((path) => [
        path.slice(folder.length + 1),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  );
}

/** Changes fields of the second picture's record. */
function editRecord(set: string, changed: object): void {
  const path = join(set, 'records', '000001.json');
  writeFileSync(path, JSON.stringify({ ...json(path), ...changed }));
}

const json = (...parts: string[]) => JSON.parse(readFileSync(join(...parts), 'utf8'));

describe('dataset', () => {
  it('writes pictures and labels in every format, with ids that no two splits share', async () => {
    const cwd = folderWith(lines('a dog', 'a cat', 'a dog', 'a dog'));
    const splits = ['train', 'val', 'test'];
    const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set'];
    const shares = ['--splits', 'train=0.5,val=0.25,test=0.25'];
    const formats = ['--format', 'coco,yolo,voc,webdataset', '--duplicates', 'keep', '--licence', 'MIT'];
    const { services } = fakeServices();
    const { code, stdout, stderr } = await runHere([...words, ...shares, ...formats], { cwd, services });
    expect([code, stderr, stdout]).toEqual([
      0,
      '',
      `${join(cwd, 'set')}: 4 pictures, 0 of them flagged; 0 dropped\n`,
    ]);
    const sets = splits.map((split) => json(cwd, 'set', 'annotations', `instances_${split}.json`));
    for (const kind of ['images', 'annotations']) {
      const ids = sets.flatMap((set) => set[kind].map(({ id }: { id: number }) => id));
      expect(ids).toEqual([1, 2, 3, 4]);
    }
    expect(sets[0].licenses).toEqual([{ id: 1, name: 'MIT' }]);
    for (const [i, set] of sets.entries()) {
      const split = splits[i]!;
      for (const { fileName, objects } of readCoco(set)) {
        expect(existsSync(join(cwd, 'set', 'images', split, fileName))).toBe(true);
        const text = readFileSync(
          join(cwd, 'set', 'labels', split, fileName.replace('.png', '.txt')),
          'utf8',
        );
        expect(readYolo(text, ['cat', 'dog'])).toEqual(objects.map(({ label, box }) => ({ label, box })));
        expect(existsSync(join(cwd, 'set', 'JPEGImages', fileName.replace('.png', '.jpg')))).toBe(true);
      }
    }
    expect(readFileSync(join(cwd, 'set', 'statistics.html'), 'utf8')).toMatch(/4 labelled pictures/);
    expect(
      readFileSync(join(cwd, 'set', 'records.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(4);
  });

  it('all pictures of a layout lie in one split', async () => {
    const cwd = folderWith(lines('a dog', 'a cat'));
    const words = [
      'dataset',
      '--layouts',
      'layouts.jsonl',
      '-o',
      'set',
      '--count',
      '3',
      '--duplicates',
      'keep',
    ];
    const { services, seeds } = fakeServices();
    const outcome = await runHere([...words, '--splits', 'train=0.5,val=0.5'], { cwd, services });
    expect(outcome.code).toBe(0);
    const splits = [0, 1, 2, 3, 4, 5].map((i) => json(cwd, 'set', 'records', `00000${i}.json`).split);
    expect(new Set(splits.slice(0, 3)).size).toBe(1);
    expect(splits[3]).not.toBe(splits[0]);
    expect(seeds).toEqual([1]);
  });

  it('draws layouts of a specification, and paints the boxes of a COCO file anew', async () => {
    const spec = folderWith(JSON.stringify({ count: 3, classes: ['dog', 'cat'] }), 'spec.json');
    const drawn = await runHere(['dataset', '--spec', 'spec.json', '-o', 'set', '--duplicates', 'keep'], {
      cwd: spec,
      services: fakeServices().services,
    });
    expect([drawn.code, drawn.stdout]).toEqual([0, expect.stringMatching(/: 3 pictures/)]);
    const again = ['dataset', '--coco', 'set/annotations/instances_train.json', '-o', 'again'];
    const painted = await runHere(again, { cwd: spec, services: fakeServices().services });
    expect([painted.code, painted.stderr]).toEqual([0, '']);
    const [before, after] = ['set', 'again'].map((set) =>
      readCoco(json(spec, set, 'annotations', 'instances_train.json')).map(({ objects }) =>
        objects.map(({ label }) => label),
      ),
    );
    expect(after).toEqual(before);
  });

  it('says what it leaves out of a COCO file, the smallest of many objects among it', async () => {
    const boxes = [
      [5, 5, 0, 5],
      [90, 5, 20, 20],
      ...Array.from({ length: 32 }, (_, i) => [i, 0, 10 + i, 40]),
    ];
    const coco = {
      categories: [{ id: 1, name: 'dog' }],
      images: [{ id: 1, file_name: 'many.jpg', width: 100, height: 100 }],
      annotations: boxes.map((bbox, id) => ({ id, image_id: 1, category_id: 1, bbox })),
    };
    const cwd = folderWith(JSON.stringify(coco), 'coco.json');
    const words = ['dataset', '--coco', 'coco.json', '-o', 'set'];
    const { code, stderr } = await runHere(words, { cwd, services: fakeServices().services });
    expect(code).toBe(0);
    expect(stderr.trim().split('\n')).toEqual([
      '4 boxes left out:',
      expect.stringMatching(/^ {2}annotations\[0\]\.bbox: .*has no area.*\(many\.jpg, id 0\)$/),
      ...Array(3).fill('  many.jpg: this dog is among the smallest; at most 30 objects fit a layout'),
      '1 box over the edge cut off there:',
      expect.stringMatching(/^ {2}annotations\[1\]\.bbox: /),
    ]);
    const [image] = readCoco(json(cwd, 'set', 'annotations', 'instances_train.json'));
    expect(image!.objects).toHaveLength(30);
  });
});

describe('the folder of a data set', () => {
  it('is none that holds files of others which would be replaced', async () => {
    const cwd = folderWith(lines('a dog'));
    mkdirSync(join(cwd, 'set', 'annotations'), { recursive: true });
    const theirs = join(cwd, 'set', 'annotations', 'instances_train.json');
    writeFileSync(theirs, '{"theirs": true}');
    const make = (...more: string[]) =>
      runHere(['dataset', '--layouts', 'layouts.jsonl', '-o', 'set', ...more], {
        cwd,
        services: fakeServices().services,
      });
    const { code, stderr } = await make();
    const name = join('annotations', 'instances_train.json');
    expect([code, stderr]).toEqual([
      2,
      `error: --out: ${join(cwd, 'set')} holds ${name}, which is of no data set made here; name another folder\n`,
    ]);
    expect(readFileSync(theirs, 'utf8')).toBe('{"theirs": true}');
    expect(readdirSync(join(cwd, 'set'))).toEqual(['annotations']);
    rmSync(theirs);
    writeFileSync(join(cwd, 'set', 'notes.txt'), 'mine');
    expect((await make()).code).toBe(0);
    expect((await make('--quiet')).code).toBe(0);
  });
});

describe('dataset --verify', () => {
  const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set', '--verify', 'builtin', '--batch', '1'];
  const run = async (seen: (seed: number) => readonly Detection[], more: readonly string[] = []) => {
    const cwd = folderWith(lines('a dog', 'a dog'));
    const services = servicesSeeing(seen);
    const outcome = await runHere([...words, '--duplicates', 'keep', ...more], { cwd, services });
    expect([outcome.code, outcome.stderr]).toEqual([
      0,
      expect.stringMatching(/^(warning: every picture was dropped.*\n)?$/),
    ]);
    const records = [0, 1].map((i) => json(cwd, 'set', 'records', `00000${i}.json`));
    return { cwd, records, seeds: services.seeds };
  };

  it('draws a picture that misses again, with seeds that no other has, and keeps the first that does not', async () => {
    const { records, seeds } = await run(
      (seed) => (seed === 5 || seed === 2 ? [dogThere] : []),
      ['--retry', '3'],
    );
    expect(records.map(({ seed, attempts, verdict }) => [seed, attempts, verdict])).toEqual([
      [5, [1, 3, 5], 'kept'],
      [2, [2], 'kept'],
    ]);
    expect(seeds).toEqual([1, 3, 5, 2]);
  });

  it('looks in a picture without objects for those that nobody asked for', async () => {
    const empty = JSON.stringify({ prompt: 'on a beach', objects: [] });
    const cwd = folderWith(`${empty}\n${lines('a dog')}\n${empty}`);
    const services = servicesSeeing((seed) => (seed === 3 ? [] : [dogThere]));
    const more = ['--unasked', 'drop', '--duplicates', 'keep', '--format', 'coco,yolo'];
    const { code, stderr } = await runHere([...words, ...more], { cwd, services });
    expect([code, stderr]).toEqual([0, '']);
    const records = [0, 1, 2].map((i) => json(cwd, 'set', 'records', `00000${i}.json`));
    expect(records.map(({ verdict, reasons }) => [verdict, reasons])).toEqual([
      ['dropped', ['shows objects that nobody asked for']],
      ['kept', []],
      ['kept', []],
    ]);
    const coco = json(cwd, 'set', 'annotations', 'instances_train.json');
    expect([coco.images.length, coco.annotations.length]).toEqual([2, 1]);
    expect(readFileSync(join(cwd, 'set', 'labels', 'train', '000002.txt'), 'utf8')).toBe('');
    writeFileSync(join(cwd, 'none.jsonl'), `${empty}\n`);
    const none = await runHere(['dataset', '--layouts', 'none.jsonl', '-o', 'other'], { cwd, services });
    expect([none.code, none.stderr]).toEqual([
      2,
      'error: --layouts: none.jsonl: holds no layout with an object\n',
    ]);
  });

  it('drops what misses its box, flags what nobody asked for, as the flags say', async () => {
    const stray: Detection = { label: 'cat', score: 0.9, box: [0.6, 0.6, 1, 1] };
    const seen = (seed: number) => (seed === 1 ? [] : [dogThere, stray]);
    const { cwd, records } = await run(seen);
    expect(records.map(({ verdict, reasons }) => [verdict, reasons])).toEqual([
      ['dropped', ['an object misses its box']],
      ['flagged', ['shows objects that nobody asked for']],
    ]);
    expect(records[1].unasked).toEqual([stray]);
    expect(readdirSync(join(cwd, 'set', 'images', 'train'))).toEqual(['000001.png']);
    const other = await run(seen, ['--failed', 'flag', '--unasked', 'drop']);
    expect(other.records.map(({ verdict }) => verdict)).toEqual(['flagged', 'dropped']);
  });

  it('has an overlap to reach for each class', async () => {
    const half: Detection = { label: 'dog', score: 0.9, box: [0, 0, 0.5, 0.3] };
    expect((await run(() => [half])).records[0].verdict).toBe('kept');
    expect((await run(() => [half], ['--min-iou', '0.5,dog=0.7'])).records[0].verdict).toBe('dropped');
  });

  it('finds pictures that look alike', async () => {
    const cwd = folderWith(lines('a dog', 'a dog', 'a cat'));
    const go = async (policy: string, out: string) => {
      const flags = ['dataset', '--layouts', 'layouts.jsonl', '-o', out, '--duplicates', policy];
      await runHere(flags, { cwd, services: fakeServices().services });
      return [0, 1, 2].map((i) => json(cwd, out, 'records', `00000${i}.json`).verdict);
    };
    // Plain pictures of any colour have one hash.
    expect(await go('flag', 'a')).toEqual(['kept', 'flagged', 'flagged']);
    expect(await go('drop', 'b')).toEqual(['kept', 'dropped', 'dropped']);
    expect(readdirSync(join(cwd, 'b', 'images', 'train'))).toEqual(['000000.png']);
  });
});

describe('dataset again', () => {
  const words = [
    'dataset',
    '--layouts',
    'layouts.jsonl',
    '-o',
    'set',
    '--format',
    'coco,yolo,voc,webdataset',
    '--batch',
    '2',
  ];
  const content = lines('a dog', 'a cat', 'a dog', 'a cat', 'a dog', 'a cat', 'a dog');

  it('goes on after an interruption to the same bytes, and paints nothing twice', async () => {
    const whole = folderWith(content);
    await runHere(words, { cwd: whole, services: fakeServices().services });
    const cut = folderWith(content);
    const controller = new AbortController();
    const first = fakeServices();
    let batches = 0;
    const open: Services['open'] = async (...given) => {
      const model = await first.services.open(...given);
      const stream: typeof model.pipe.stream = async function* (...more) {
        if (++batches === 3) controller.abort();
        yield* model.pipe.stream(...more);
      };
      return { ...model, pipe: { ...model.pipe, stream } };
    };
    const stopped = await runHere(words, {
      cwd: cut,
      services: { ...first.services, open },
      signal: controller.signal,
    });
    expect([stopped.code, stopped.stderr]).toEqual([
      130,
      expect.stringMatching(/4 of 7 pictures are done; the same/),
    ]);
    const second = fakeServices();
    expect((await runHere(words, { cwd: cut, services: second.services })).code).toBe(0);
    expect(second.seeds).toEqual([5, 7]);
    expect(contentsOf(join(cut, 'set'))).toEqual(contentsOf(join(whole, 'set')));
  });

  /** Runs until Ctrl-C at the first line of progress that `at` matches; `after` are the lines behind it. */
  async function stoppedAt(cwd: string, given: readonly string[], at: RegExp) {
    const controller = new AbortController();
    const seen: string[] = [];
    const onLine = (line: string): void => {
      seen.push(line);
      // Signals such as Ctrl-C reach a process through its event loop, too.
      if (at.test(line)) setImmediate(() => controller.abort());
    };
    const { services } = fakeServices();
    const outcome = await runHere(given, {
      ...{ cwd, services, signal: controller.signal, progress: 'lines', onLine },
    });
    return { ...outcome, after: seen.slice(seen.findIndex((line) => at.test(line)) + 1) };
  }

  it.each([
    ['checks pictures', /^checking pictures 2/, 'what is painted is kept; the same command goes on'],
    [
      'reads the records',
      /^labelling 5/,
      'all pictures are painted; the same command goes on with their labels',
    ],
  ])('ends at once where Ctrl-C comes while it %s', async (_, at, message) => {
    const many = Array.from({ length: 20 }, (_, i) => (i % 2 ? 'a dog' : 'a cat'));
    const cwd = folderWith(lines(...many));
    const quick = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set', '--batch', '2'];
    await runHere(quick, { cwd, services: fakeServices().services });
    const before = contentsOf(join(cwd, 'set'));
    const { code, stderr, after } = await stoppedAt(cwd, quick, at);
    expect([code, stderr]).toEqual([130, expect.stringContaining(`interrupted: ${message}\n`)]);
    // At most one tenth more.
    expect(after.length).toBeLessThanOrEqual(2);
    expect(contentsOf(join(cwd, 'set'))).toEqual(before);
  });

  it('ends at once where Ctrl-C comes while the model looks at its layouts', async () => {
    const cwd = folderWith(lines(...Array<string>(1000).fill('a dog')));
    const quick = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set'];
    const { code, after } = await stoppedAt(cwd, quick, /^checking layouts 1/);
    expect([code, after.length]).toEqual([130, 1]);
    expect(existsSync(join(cwd, 'set'))).toBe(false);
  });

  it('paints a batch again of which a kill left one picture', async () => {
    const cwd = folderWith(content);
    await runHere(words, { cwd, services: fakeServices().services });
    const before = contentsOf(join(cwd, 'set'));
    rmSync(join(cwd, 'set', 'records', '000003.json'));
    rmSync(join(cwd, 'set', 'annotations'), { recursive: true });
    await runHere(words, { cwd, services: fakeServices().services });
    expect(contentsOf(join(cwd, 'set'))).toEqual(before);
  });

  it('leaves nothing of what a kill had begun to write, nor a picture that was dropped right before it', async () => {
    const cwd = folderWith(content);
    const dropping = [...words, '--duplicates', 'drop'];
    const run = () => runHere(dropping, { cwd, services: fakeServices().services });
    await run();
    const before = contentsOf(join(cwd, 'set'));
    const { split, file } = json(cwd, 'set', 'records', '000001.json');
    expect(file).toBeUndefined();
    // No process has so high a number.
    const killed = '.999999999.0.tmp';
    const begun = [
      'data.yaml',
      'records/000001.json',
      `images/${split}/000000.png`,
      'Annotations/000000.xml',
    ];
    for (const name of begun) writeFileSync(join(cwd, 'set', name + killed), 'half');
    writeFileSync(join(cwd, 'set', 'images', split, '000001.png'), 'dropped');
    writeFileSync(join(cwd, 'set', `notes.txt${killed}`), 'of somebody else');
    expect((await run()).code).toBe(0);
    expect(contentsOf(join(cwd, 'set'))).toEqual({
      ...before,
      [`notes.txt${killed}`]: createHash('sha256').update('of somebody else').digest('hex'),
    });
  });

  it('says in dataset.json how it was made, without what belongs to this machine', async () => {
    const services = servicesSeeing(() => [dogThere]);
    const made = async (...more: string[]) => {
      const cwd = folderWith(lines('a dog'));
      expect((await runHere([...words, ...more], { cwd, services })).code).toBe(0);
      return json(cwd, 'set', 'dataset.json');
    };
    const { objects, prompt } = layout('a dog');
    const plain = await made('--licence', 'MIT');
    expect(plain).toEqual({
      ...{ version: 1, seed: 1, count: 1, batch: 2, splits: [{ name: 'train', share: 1 }], verify: null },
      ...{ labels: ['dog'], duplicates: 'flag' },
      provenance: {
        model: 'fake',
        steps: 2,
        guidanceScale: 7.5,
        scheduler: 'ddim',
        pog: 0,
        strength: 1,
        licence: 'MIT',
      },
      layouts: [{ prompt, objects, labels: ['dog'] }],
    });
    const { licence: _, ...provenance } = plain.provenance;
    expect(await made('--verify', 'builtin', '--min-iou', '0.4,dog=0.6', '--retry', '2')).toEqual({
      ...{ ...plain, provenance },
      verify: {
        name: 'center',
        otherwise: 0.4,
        least: { dog: 0.6 },
        retry: 2,
        failed: 'drop',
        unasked: 'flag',
      },
    });
  });

  it.each([
    ['a picture that is gone', (set: string) => rmSync(join(set, 'images', 'train', '000001.png'))],
    [
      'a picture that is cut short',
      (set: string) => {
        const path = join(set, 'images', 'train', '000002.png');
        writeFileSync(path, readFileSync(path).subarray(0, 60));
      },
    ],
    [
      'a picture that is damaged within',
      (set: string) => {
        const path = join(set, 'images', 'train', '000002.png');
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0, bytes.indexOf('IDAT') + 6, bytes.indexOf('IDAT') + 12));
      },
    ],
    [
      'a picture of another size',
      async (set: string) => writePng(join(set, 'images', 'train', '000002.png'), plainImage(8, 3)),
    ],
    ['a record whose object is none', (set: string) => editRecord(set, { objects: [1] })],
    [
      'a record whose box is another',
      (set: string) =>
        editRecord(set, { objects: [{ label: 'cat', phrase: 'a cat', box: [0, 0, 1, 1], iou: null }] }),
    ],
    ['a record without its file', (set: string) => editRecord(set, { file: undefined })],
    ['an empty record', (set: string) => writeFileSync(join(set, 'records', '000001.json'), '')],
    ['a record of nothing', (set: string) => writeFileSync(join(set, 'records', '000001.json'), '{}')],
    [
      'the record of another picture',
      (set: string) =>
        writeFileSync(join(set, 'records', '000001.json'), readFileSync(join(set, 'records', '000002.json'))),
    ],
  ])('paints again what is lost or damaged: %s', async (_, damage) => {
    const cwd = folderWith(content);
    const run = () => runHere(words, { cwd, services: fakeServices().services });
    await run();
    const before = contentsOf(join(cwd, 'set'));
    await damage(join(cwd, 'set'));
    expect((await run()).code).toBe(0);
    expect(contentsOf(join(cwd, 'set'))).toEqual(before);
  });

  it('tells of each picture which layout it is of, and how it was made', async () => {
    const rows = [{ ...layout('a dog'), negativePrompt: 'a cat', width: 16, height: 16 }, layout('a cat')];
    const cwd = folderWith(rows.map((row) => JSON.stringify(row)).join('\n'));
    const more = ['--count', '2', '--duplicates', 'keep', '--licence', 'MIT'];
    await runHere([...words, ...more], { cwd, services: fakeServices().services });
    const set = join(cwd, 'set');
    const records = [0, 1, 2, 3].map((i) => json(set, 'records', `00000${i}.json`));
    expect(records.map((each) => each.layout)).toEqual([0, 0, 1, 1]);
    expect(records[0].provenance).toMatchObject({ model: 'fake', steps: 2, licence: 'MIT' });
    const text = readPngText(readFileSync(join(set, records[0].file)), PNG_KEYWORD)!;
    expect(JSON.parse(text)).toMatchObject({ ...rows[0], seed: 1, model: 'fake', licence: 'MIT' });
    const { exif } = await sharp(join(set, 'JPEGImages', '000000.jpg')).metadata();
    expect(exif!.toString('latin1')).toContain(text);
    expect(exif!.toString('latin1')).toContain('MIT');
    expect(readFileSync(join(set, 'Annotations', '000000.xml'), 'utf8')).toMatch(
      /<source>\s*<database>painted by fake<\/database>\s*<image>MIT<\/image>\s*<\/source>/,
    );
    const again = ['dataset', '--coco', 'set/annotations/instances_train.json', '-o', 'again'];
    await runHere(again, { cwd, services: fakeServices().services });
    expect(json(cwd, 'again', 'records', '000002.json')).toMatchObject({ layout: 2, source: '000002.png' });
  });

  it('takes other settings where nothing is painted yet, and refuses pictures without dataset.json', async () => {
    const cwd = folderWith(content);
    const run = (...more: string[]) =>
      runHere([...words, ...more], { cwd, services: fakeServices().services });
    await run();
    const set = join(cwd, 'set');
    const made = readFileSync(join(set, 'dataset.json'));
    rmSync(join(set, 'dataset.json'));
    const without = await run('--seed', '9');
    expect([without.code, without.stderr]).toEqual([2, expect.stringMatching(/without the dataset\.json/)]);
    writeFileSync(join(set, 'dataset.json'), made);
    rmSync(join(set, 'records'), { recursive: true });
    expect((await run('--seed', '9')).code).toBe(0);
  });

  it('goes on with a data set of the version before', async () => {
    const cwd = folderWith(content);
    const run = () => runHere(words, { cwd, services: fakeServices().services });
    await run();
    const { labels: _, duplicates: __, ...before } = json(cwd, 'set', 'dataset.json');
    writeFileSync(join(cwd, 'set', 'dataset.json'), `${JSON.stringify(before, null, 1)}\n`);
    expect((await run()).code).toBe(0);
  });

  it('refuses a folder of other settings, and names them', async () => {
    const cwd = folderWith(content);
    await runHere(words, { cwd, services: fakeServices().services });
    const other = await runHere([...words, '--steps', '4', '--seed', '9'], {
      cwd,
      services: fakeServices().services,
    });
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringMatching(/other settings \(provenance, seed\)/),
    ]);
    const changed = ['--duplicates', 'drop', '--classes', 'cat,dog'];
    await expect(
      runHere([...words, ...changed], { cwd, services: fakeServices().services }),
    ).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/other settings \(duplicates\)/),
    });
    const classes = ['--classes', 'dog,cat'];
    await expect(
      runHere([...words, ...classes], { cwd, services: fakeServices().services }),
    ).resolves.toMatchObject({ code: 2, stderr: expect.stringMatching(/other settings \(labels\)/) });
  });
});

describe('dataset with bad input', () => {
  it('lists every fault with its line before anything is painted', async () => {
    const rows = Array.from({ length: 80 }, () => JSON.stringify(layout('a dog')));
    rows[2] = '{"prompt": "a dog"}';
    rows[40] = JSON.stringify(layout('a zebrafish'));
    rows[69] = JSON.stringify({
      prompt: 'a dog',
      objects: [{ phrase: 'a dog', box: [0, 0, 2, 1] as unknown as Box }],
    });
    const cwd = folderWith(rows.join('\n'));
    // What only the opened model finds stands in the same list.
    rows[50] = JSON.stringify({ ...layout('a dog'), width: 321 });
    writeFileSync(join(cwd, 'layouts.jsonl'), rows.join('\n'));
    const { services, seeds } = fakeServices();
    const open: Services['open'] = async (...given) => {
      const model = await services.open(...given);
      const check: typeof model.pipe.check = (layouts) => {
        const checked = [layouts].flat().map((each) => parseLayout(each));
        if (checked.some(({ width }) => width === 321)) throw new Error('width: must be a multiple of 16');
        return checked;
      };
      return { ...model, pipe: { ...model.pipe, check } };
    };
    const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set'];
    const { code, stderr } = await runHere(words, { cwd, services: { ...services, open } });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /line 3: objects[\s\S]*line 41: prompt: [^\n]*"zebrafish"[\s\S]*line 51: width[\s\S]*line 70: objects\[0\]\.box[\s\S]*4 faults.*nothing was painted/,
    );
    expect([seeds, existsSync(join(cwd, 'set'))]).toEqual([[], false]);
    const unopened = async () => Promise.reject(new Error('no such model'));
    const other = await runHere(words, { cwd, services: { ...services, open: unopened } });
    expect(other.stderr).toMatch(/3 faults/);
  });

  it('says of a specification how many objects find no room, and of a COCO file which pictures have none', async () => {
    const spec = { count: 2, classes: ['dog'], objects: [4, 4], size: [0.8, 0.9], overlap: 0 };
    const cwd = folderWith(JSON.stringify(spec), 'spec.json');
    const go = (...words: string[]) =>
      runHere(['dataset', ...words, '--duplicates', 'keep'], { cwd, services: fakeServices().services });
    const { code, stderr } = await go('--spec', 'spec.json', '-o', 'set', '--splits', 'train=1,val=0.01');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^6 objects of the layouts find no room[^\n]*\nwarning: --splits: val holds no/),
    ]);
    const coco = json(cwd, 'set', 'annotations', 'instances_train.json');
    coco.images.push({ id: 77, file_name: 'empty.jpg', width: 10, height: 10 });
    writeFileSync(join(cwd, 'coco.json'), JSON.stringify(coco));
    expect((await go('--coco', 'coco.json', '-o', 'again')).stderr).toMatch(
      /^1 picture of the file has no box/,
    );
  });

  it('calls one object of a category in the plural by its singular', async () => {
    const coco = {
      images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 100 }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 50, 50] }],
      categories: [{ id: 1, name: 'dogs' }],
    };
    const cwd = folderWith(JSON.stringify(coco), 'coco.json');
    const words = ['dataset', '--coco', 'coco.json', '-o', 'set'];
    await runHere(words, { cwd, services: fakeServices().services });
    const { prompt, objects } = json(cwd, 'set', 'records', '000000.json');
    expect([prompt, objects[0].phrase, objects[0].label]).toEqual(['a dog', 'a dog', 'dogs']);
  });

  it('warns once of classes that the detector does not know', async () => {
    const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set', '--verify', 'builtin'];
    const two = JSON.stringify({
      prompt: 'a dog and a bus',
      objects: [...layout('a dog').objects, ...layout('a bus', 0.5).objects],
    });
    const cwd = folderWith([two, two].join('\n'));
    const { stderr } = await runHere(words, { cwd, services: servicesSeeing(() => [dogThere]) });
    expect(stderr).toMatch(/^warning: --verify: the detector does not know bus: /);
    expect(stderr.match(/does not know/g)).toHaveLength(1);
  });

  it('takes one layout over several lines', async () => {
    const cwd = folderWith(JSON.stringify(layout('a dog'), null, 2), 'one.json');
    const words = ['dataset', '--layouts', 'one.json', '-o', 'set'];
    const { code, stdout } = await runHere(words, { cwd, services: fakeServices().services });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/: 1 picture, 0 of/)]);
    writeFileSync(join(cwd, 'one.json'), '{"prompt": "a dog",\n "objects": [}');
    const other = await runHere(words, { cwd, services: fakeServices().services });
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/one\.json: is not JSON \(/)]);
  });

  it('names the fields of a specification that hold unknown words, once each', async () => {
    const spec = { count: 300, classes: { dog: 1, hovercraft: 1 }, captions: ['a foto of {objects}'] };
    const cwd = folderWith(JSON.stringify(spec), 'spec.json');
    const words = ['dataset', '--spec', 'spec.json', '-o', 'set'];
    const { code, stderr } = await runHere(words, { cwd, services: fakeServices().services });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/spec\.json: classes\.hovercraft: the model never learnt "hovercraft"/),
      expect.stringMatching(/spec\.json: captions\[0\]: the model never learnt "foto"/),
      expect.stringMatching(/2 faults/),
    ]);
  });

  it.each([
    [[], /--out: is missing/],
    [['-o', ''], /--out: is empty/],
    [['-o', 'layouts.jsonl', '--layouts', 'layouts.jsonl'], /--out: .* is a file/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--licence', ''], /--licence: is empty/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--classes', 'dog,dog'], /--classes: "dog" is there twice/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--classes', ''], /--classes: has an empty name/],
    [
      ['-o', 'set', '--layouts', 'layouts.jsonl', '--verify', 'builtin', '--min-iou', '0.5,0.7'],
      /--min-iou: .* is there twice/,
    ],
    [['-o', 'set'], /--layouts, --spec, --coco: give one of them/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--spec', 'x'], /give one of them/],
    [['-o', 'set', '--layouts', 'none.jsonl'], /none\.jsonl/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--format', 'coco,yaml'], /--format: .*not yaml/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--splits', 'train'], /--splits: .*train=0\.8/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--retry', '3'], /--retry: needs --verify/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--verify', 'builtin', '--min-iou', 'dog=x'], /--min-iou/],
    [
      ['-o', 'set', '--layouts', 'layouts.jsonl', '--verify', 'builtin', '--min-iou', '0.5,dogs=0.6'],
      /--min-iou: "dogs" is no class of the layouts \(did you mean dog\?\)/,
    ],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--seed', '4294967295', '--count', '2'], /--seed/],
    [['-o', 'layouts.jsonl', '--layouts', 'layouts.jsonl'], /--out/],
    [['-o', 'set', '--layouts', 'layouts.jsonl', '--classes', 'dog,,cat'], /--classes: has an empty name/],
  ])('%j ends with code 2 and a line that says why', async (words, message) => {
    const cwd = folderWith(lines('a dog'));
    const { code, stderr } = await runHere(['dataset', ...words], { cwd, services: fakeServices().services });
    expect(stderr).toMatch(message);
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
  });

  it('classes that are none of --classes are listed', async () => {
    const cwd = folderWith(lines('a dog', 'a unicorn'));
    const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set', '--classes', 'dog'];
    const { code, stderr } = await runHere(words, { cwd, services: fakeServices().services });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/line 2: .*"a unicorn" names none of the classes/),
    ]);
  });

  it('layouts that the model refuses are listed; a fault of the program is none of theirs', async () => {
    const cwd = folderWith(lines('a dog', 'a cat', 'a dog'));
    const words = ['dataset', '--layouts', 'layouts.jsonl', '-o', 'set'];
    const { services } = fakeServices();
    const refusing = (error: Error): Services => ({
      ...services,
      async open(...given) {
        const opened = await services.open(...given);
        const check = (): never => {
          throw error;
        };
        return { ...opened, pipe: { ...opened.pipe, check } };
      },
    });
    const refused = await runHere(words, { cwd, services: refusing(new Error('prompt: is too long')) });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/line 1: prompt: is too long\n.*line 2: prompt[\s\S]*3 faults/);
    const broken = await runHere(words, { cwd, services: refusing(new TypeError('x is undefined')) });
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/x is undefined[\s\S]*at /)]);
    expect(broken.stderr).not.toContain('line 1');
  });

  it('a detector that throws ends the command, and what is painted stays', async () => {
    const cwd = folderWith(lines('a dog', 'a dog', 'a dog'));
    const services = servicesSeeing((seed) => {
      if (seed === 3) throw new Error('no more memory');
      return [dogThere];
    });
    const words = [
      'dataset',
      '--layouts',
      'layouts.jsonl',
      '-o',
      'set',
      '--verify',
      'builtin',
      '--batch',
      '1',
    ];
    const { code, stderr } = await runHere(words, { cwd, services });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/no more memory/)]);
    expect(readdirSync(join(cwd, 'set', 'records'))).toEqual(['000000.json', '000001.json']);
  });
});
