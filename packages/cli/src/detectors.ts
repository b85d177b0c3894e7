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
import { type Asked, answerOf, checkDetections, unlessAborted } from './detectorAnswers.js';
import { InputError, oneLine } from './errors.js';
import { type Flags, text } from './flags.js';
import { modelHash } from './modelHash.js';
import { modulesFrom } from './plugins/known.js';
import type { DetectorRequest } from './services.js';

export const detectorArgs = {
  detector: {
    type: 'string',
    valueHint: 'module',
    description:
      "what judges the pictures: builtin (center, of the scenes), nanodet (COCO) or a module, a path or a package, whose code is run; default: the model's own",
  },
  'detector-files': {
    type: 'string',
    valueHint: 'folder',
    description: 'the weights of the detector, such as nanodet.json and nanodet.bin',
  },
} as const satisfies ArgsDef;

/** Tells detectors of one name apart by their folder of weights; undefined without one. */
export async function detectorHash({
  files,
  cwd,
}: Pick<DetectorRequest, 'files' | 'cwd'>): Promise<string | undefined> {
  const folder = files === undefined ? undefined : resolve(cwd, files);
  // One that is missing is named where the detector is opened.
  return folder !== undefined && (await isDirectory(folder)) ? modelHash([folder]) : undefined;
}

/** `builtin` is what the embedded model is judged by. */
export const detectorName = (name: string): string => (name === 'builtin' ? 'center' : name);

/** Undefined without the flag. */
export function readDetector(flags: Flags, cwd: string, flag = 'detector'): DetectorRequest | undefined {
  const [name, files] = [text(flags, flag), text(flags, 'detector-files')];
  if (name === undefined && files !== undefined) throw new InputError(`--detector-files: needs --${flag}`);
  if (name === undefined) return undefined;
  return {
    name: detectorName(name),
    ...(flag === 'detector' ? {} : { flag: `--${flag}` }),
    ...(files === undefined ? {} : { files }),
    cwd,
  };
}

/** All detectors of the flag, in the order given; `--detector-files` belongs to the first. */
export function readDetectors(flags: Flags, cwd: string): DetectorRequest[] {
  const names = (flags.get('detector') ?? []).map(detectorName);
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
  signal?: AbortSignal,
): Promise<OpenDetector> {
  const declared = await namedDetector(name, cwd).catch((cause: unknown) => {
    throw new InputError(`${flag}: ${oneLine(cause)}`, { cause });
  });
  const modules = modulesFrom(cwd);
  if (files === undefined) return opened(() => openDetector(declared, modules, { backend }), flag, signal);
  const folder = resolve(cwd, files);
  if (!(await isDirectory(folder))) throw new InputError(`--detector-files: there is no folder ${files}`);
  const definition = await opened(
    async () => {
      const module = await modules.load(declared.module);
      return detectorOfModule(module, declared, declared.module);
    },
    flag,
    signal,
  );
  return opened(
    async () => definition.open({ backend, files: directory(folder) }),
    `--detector-files: ${folder}`,
    signal,
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

/** Whatever a module of somebody else throws is a fault of what was given; an abort does not wait for it. */
async function opened<T>(open: () => Promise<T>, prefix: string, signal?: AbortSignal): Promise<T> {
  try {
    return await unlessAborted(open, signal);
  } catch (cause) {
    throw new InputError(`${prefix}: ${oneLine(cause)}`, { cause });
  }
}

/** How answers are asked for. */
export interface JudgeOptions extends Omit<Asked, 'title'> {
  /** The flag that names the detector, for errors. */
  readonly flag?: string;
}

/** A detector as a judge, whose every answer is checked: it may be anybody's. */
export function evaluatorOf(
  detector: OpenDetector & Partial<Examiner>,
  name: string,
  { flag = 'detector', ...options }: JudgeOptions = {},
): Evaluator & Partial<Examiner> {
  const { labels, labelOf } = detector;
  const asked: Asked = { ...options, title: `${flag} ${name}` };
  const checked = (given: unknown): Detection[] => checkDetections(given, labels, asked.title);
  const detect: Evaluator['detect'] = async (image) =>
    checked(await answerOf(() => detector.detect(image), asked));
  return {
    labels,
    ...(labelOf === undefined ? {} : { labelOf: (phrase: string) => labelOf.call(detector, phrase) }),
    detect,
    async detectMany(images) {
      if (detector.detectMany) {
        const all: unknown = await answerOf(() => detector.detectMany!(images), asked, images.length);
        if (!Array.isArray(all) || all.length !== images.length) {
          throw new InputError(
            `${asked.title}: detectMany must give a list for each of ${images.length} images`,
          );
        }
        return all.map(checked);
      }
      const all: Detection[][] = [];
      for (const image of images) all.push(await detect(image));
      return all;
    },
    ...(typeof detector.examine === 'function' ? examinerOf(detector as OpenDetector & Examiner, asked) : {}),
    dispose: async () => detector.dispose?.(),
  };
}

/** The side of a judge that is given the layout; its detections are checked, too. */
function examinerOf(detector: OpenDetector & Examiner, asked: Asked): Examiner {
  const { labels } = detector;
  return {
    async examine(image, scene) {
      const given: Partial<Examination> | undefined = await answerOf(
        () => detector.examine(image, scene),
        asked,
      );
      const { objects, picture } = given ?? {};
      if (!Array.isArray(objects) || typeof picture !== 'object' || picture === null) {
        throw new InputError(
          `${asked.title}: examine must give { detections, objects, picture }, with measures by name`,
        );
      }
      return { objects, picture, detections: checkDetections(given?.detections, labels, asked.title) };
    },
    ...(typeof detector.find === 'function'
      ? {
          find: async (image, scene) => {
            const found = await answerOf(() => detector.find!(image, scene), asked);
            return checkDetections(found, labels, asked.title);
          },
        }
      : {}),
  };
}
