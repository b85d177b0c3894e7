// The detectors that judge: the model's own, or one that --detector names.

import { resolve } from 'node:path';
import type { Backend, Detection, DetectorVocabulary, FileSource, OpenDetector } from '@spatiallock/core';
import {
  type DeclaredModule,
  detectorOfModule,
  loadDetector,
  type ModuleLoader,
  openDetector,
} from '@spatiallock/core/modules';
import type { Evaluator, Examination, Examiner } from '@spatiallock/evaluation';
import { directory, isDirectory, namedDetector } from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError, oneLine, readingNow } from './errors.js';
import { type Flags, text } from './flags.js';
import { modulesFrom } from './plugins/known.js';
import type { DetectorRequest } from './services.js';

export const detectorArgs = {
  detector: {
    type: 'string',
    valueHint: 'module',
    description:
      "what judges the pictures: center (the scenes), nanodet (COCO) or a module, a path or a package, whose code is run; default: the model's own",
  },
  'detector-files': {
    type: 'string',
    valueHint: 'folder',
    description: 'the weights of the detector, such as nanodet.json and nanodet.bin',
  },
} as const satisfies ArgsDef;

/** Undefined without the flag. */
export function readDetector(flags: Flags, cwd: string, flag = 'detector'): DetectorRequest | undefined {
  const [name, files] = [text(flags, flag), text(flags, 'detector-files')];
  if (name === undefined && files !== undefined) throw new InputError(`--detector-files: needs --${flag}`);
  if (name === undefined) return undefined;
  return {
    name,
    ...(flag === 'detector' ? {} : { flag: `--${flag}` }),
    ...(files === undefined ? {} : { files }),
    cwd,
  };
}

/** All detectors of the flag, in the order given; `--detector-files` belongs to the first. */
export function readDetectors(flags: Flags, cwd: string): DetectorRequest[] {
  const names = flags.get('detector') ?? [];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`--detector: ${twice} was given twice; give each judge once`);
  const [name, ...more] = names;
  const first = readDetector(name === undefined ? flags : new Map([...flags, ['detector', [name]]]), cwd);
  return first === undefined ? [] : [first, ...more.map((other) => ({ name: other, cwd }))];
}

/** Opens a detector by its name. Rejects with an InputError that names the flag and the module at fault. */
export async function openNamed(
  { name, files, cwd, flag = '--detector' }: DetectorRequest,
  backend: Backend,
): Promise<OpenDetector> {
  const declared = await namedDetector(name, cwd).catch((cause: unknown) => {
    throw new InputError(`${flag}: ${oneLine(cause)}`, { cause });
  });
  const modules = modulesFrom(cwd);
  if (files === undefined) return opened(() => openDetector(declared, modules, { backend }), flag);
  const folder = resolve(cwd, files);
  if (!(await isDirectory(folder))) throw new InputError(`--detector-files: there is no folder ${files}`);
  const definition = await opened(async () => {
    const module = await modules.load(declared.module);
    return detectorOfModule(module, declared, declared.module);
  }, flag);
  return opened(
    async () => definition.open({ backend, files: directory(folder) }),
    `--detector-files: ${folder}`,
  );
}

/** Opens the detector that a model declares. Rejects with an InputError that names the module at fault. */
export function openDeclared(
  declared: DeclaredModule,
  model: FileSource,
  backend: Backend,
): Promise<OpenDetector> {
  return opened(() => openDetector(declared, modulesFrom('.'), { backend, model }), 'detector');
}

/** The words of the detector that a model declares as its judge. Rejects with an InputError that names the flag. */
export function declaredVocabulary(
  declared: DeclaredModule,
  modules: ModuleLoader,
  model: FileSource,
  flag: string,
): Promise<DetectorVocabulary | undefined> {
  return opened(async () => {
    const { definition, files } = await loadDetector(declared, modules, model);
    return definition.vocabulary?.(files);
  }, `${flag}: the detector that it declares as its judge`);
}

/** Whatever a module of somebody else throws is a fault of what was given. */
async function opened<T>(open: () => Promise<T>, prefix: string): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    throw new InputError(`${prefix}: ${oneLine(cause)}`, { cause });
  }
}

/** A detector as a judge, whose every answer is checked: it may be anybody's. */
export function evaluatorOf(
  detector: OpenDetector & Partial<Examiner>,
  name: string,
): Evaluator & Partial<Examiner> {
  const { labels, labelOf } = detector;
  const detect: Evaluator['detect'] = async (image) =>
    checkDetections(await detector.detect(image), labels, name);
  return {
    labels,
    ...(labelOf === undefined ? {} : { labelOf: (phrase: string) => labelOf.call(detector, phrase) }),
    detect,
    async detectMany(images) {
      if (detector.detectMany) {
        const all = await detector.detectMany(images);
        return all.map((each) => checkDetections(each, labels, name));
      }
      const all: Detection[][] = [];
      for (const image of images) all.push(await detect(image));
      return all;
    },
    ...(typeof detector.examine === 'function' ? examinerOf(detector as OpenDetector & Examiner, name) : {}),
    dispose: async () => detector.dispose?.(),
  };
}

/** The side of a judge that is given the layout; its detections are checked, too. */
function examinerOf(detector: OpenDetector & Examiner, name: string): Examiner {
  const { labels } = detector;
  return {
    async examine(image, scene) {
      const given: Partial<Examination> | undefined = await detector.examine(image, scene);
      const { objects, picture } = given ?? {};
      if (!Array.isArray(objects) || typeof picture !== 'object' || picture === null) {
        throw new InputError(
          `detector ${name}: examine must give { detections, objects, picture }, with measures by name`,
        );
      }
      return { objects, picture, detections: checkDetections(given?.detections, labels, name) };
    },
    ...(typeof detector.find === 'function'
      ? { find: async (image, scene) => checkDetections(await detector.find!(image, scene), labels, name) }
      : {}),
  };
}

function checkDetections(given: unknown, labels: readonly string[], name: string): Detection[] {
  const fault = (what: string): InputError =>
    new InputError(`detector ${name}: ${what}; detect must give a list of { label, score, box }`);
  if (!Array.isArray(given)) throw fault('gave no list');
  return readingNow(() => {
    for (const each of given as Partial<Detection>[]) {
      if (!labels.some((label) => label === each?.label)) throw fault('gave a label that is none of its own');
      if (!Number.isFinite(each.score)) throw fault('gave a score that is no number');
      const { box } = each;
      if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) {
        throw fault('gave a box that is not four numbers');
      }
    }
    return given as Detection[];
  });
}
