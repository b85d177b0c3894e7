// Learning from pictures in memory: no files, so a page can do it. What is learnt is an adapter.

import {
  type AbortSignalLike,
  type Backend,
  checkPlugins,
  type FileSource,
  type Layout,
  type Plugin,
  type RgbImage,
  type Tensors,
  type Values,
} from '@spatiallock/core';
import { type Adapter, adaptedFiles, baseHash, newWords } from '@spatiallock/core/adapters';
import { checkKeys, checkWhole, eventLoopTurn, messageOf } from '@spatiallock/core/checks';
import { checkWords, loadModel } from '@spatiallock/core/pipeline';
import { lossScaleNames, trainingLoop, trainingNames } from '@spatiallock/core/train';
import { adapterOf } from '../adapterOf.js';
import { averaged, startState } from '../averages.js';
import { categoriesOf } from '../categories.js';
import { captionOf, labelsOf, textsOf } from '../fineTune/captions.js';
import { closeParts, openParts, type Parts } from '../fineTune/parts.js';
import { requireLearning } from '../fineTune/requireLearning.js';
import { defaultFineTuneSettings, type FineTuneSettings, fineTuneSettings } from '../fineTune/settings.js';
import { tuningStage } from '../fineTune/tuningStage.js';
import { randomView } from '../fineTune/views.js';
import type { DrawPictures, PictureObject } from '../pictures.js';
import { paintRehearsal, rehearsed, withRehearsal } from '../rehearsal.js';
import { stageGraph } from '../stageGraph.js';
import { unetStage } from '../unetStage.js';
import { cropped } from './crop.js';

/** A picture in memory, and what it shows. */
export interface LearnPicture {
  readonly image: RgbImage;
  /** Default: made of the labels. */
  readonly caption?: string;
  /** Back to front, at least one. */
  readonly objects: readonly PictureObject[];
}

/** What the learning is doing now. */
export interface LearnProgress {
  readonly task: 'rehearsing' | 'training';
  readonly done: number;
  /** Steps of the training, or pictures to paint. */
  readonly steps: number;
  /** The last step's. */
  readonly loss?: number;
}

/** What a training can be resumed from. */
export interface LearnState {
  /** SHA-256 of the base model, in hexadecimal. */
  readonly base: string;
  /** Parameters that learn, and the optimiser's, by their names in the graph. */
  readonly tensors: Tensors;
  /** The loss of each step so far. */
  readonly losses: readonly number[];
}

type Settings = Omit<FineTuneSettings, 'validation' | 'saveEvery' | 'newWords'>;

/** Options of `learn`. */
export interface LearnOptions extends Partial<Settings> {
  readonly backend: Backend;
  /** Their parameters learn, with `unet` the whole U-Net's. */
  readonly plugins: readonly Plugin[];
  /** The files of the base model. */
  readonly base: FileSource;
  readonly pictures: readonly LearnPicture[];
  /** As in `FineTuneOptions`. Default: none. */
  readonly rehearse?: readonly Layout[];
  /** Aborting it ends the learning, and nothing is kept. */
  readonly signal?: AbortSignal;
  /**
   * Aborting it ends the learning after the step that is computed, and what was learnt until then is kept; before the first
   * step of the training it ends the learning as `signal` does.
   */
  readonly stop?: AbortSignal;
  /** Resumes from this state, of the same pictures and settings. Default: begins with the base. */
  readonly resumeFrom?: LearnState;
  /** Steps between two calls of `onState`; default 25. */
  readonly stateEvery?: number;
  /** Called with what a later call can resume from. */
  readonly onState?: (state: LearnState) => void | Promise<void>;
  /** Called after each picture that was painted and after each training step. */
  readonly onProgress?: (progress: LearnProgress) => void;
}

/** What `learn` gives. */
export interface Learnt {
  /** For `withAdapter`, and as a file for `formatAdapter`. */
  readonly adapter: Adapter;
  /** The loss of each step; fewer than `steps` where it was stopped. */
  readonly losses: readonly number[];
}

const OPTIONS = [
  ...Object.keys(defaultFineTuneSettings).filter(
    (name) => !['validation', 'saveEvery', 'newWords'].includes(name),
  ),
  ...['backend', 'plugins', 'base', 'pictures', 'rehearse', 'signal', 'stop', 'onProgress'],
  ...['resumeFrom', 'stateEvery', 'onState'],
];

const STATE_EVERY = 25;

/**
 * Learns the words and things of some pictures, as `fineTune` does without its files. The event loop has a turn after each
 * step. Aborting `signal` keeps nothing, aborting `stop` what was learnt so far.
 * Rejects with an error that names the option, the picture or the word at fault.
 */
export async function learn(options: LearnOptions): Promise<Learnt> {
  checkKeys(options, OPTIONS, 'options');
  const { resumeFrom, stateEvery = STATE_EVERY, onState, ...others } = options;
  checkWhole(stateEvery, { min: 1, max: Number.MAX_SAFE_INTEGER }, 'stateEvery');
  const settings = fineTuneSettings(others);
  const { backend, plugins, base, pictures, rehearse = [], signal, stop, onProgress } = options;
  const ended = endOf(signal, stop);
  checkPlugins(plugins);
  checkPictures(pictures);
  // Before anything is learnt, for a page that is not secure cannot compute it.
  const hash = await baseHash(base);
  if (resumeFrom && resumeFrom.base !== hash)
    throw new Error('resumeFrom: belongs to another base model; begin anew');
  const shown = { texts: textsOf({ pictures }), names: labelsOf({ pictures }) };
  const changes = await newWords(base, { ...shown, seed: settings.seed });
  const model = await loadModel(changes ? adaptedFiles(base, changes) : base, plugins);
  checkPhrases(pictures, model.words);
  requireLearning(settings, plugins, model);
  const parts = await openParts(backend, settings, model, { training: pictures, validation: [] }, rehearse);
  const { texts, sizes } = parts;
  try {
    const fresh = randomPictures(pictures, parts);
    const old = settings.rehearsal > 0 ? rehearse : [];
    const painted = await paintRehearsal({
      ...{ backend, model, plugins, layouts: old, seed: settings.seed },
      signal: ended,
      onProgress: (done) => onProgress?.({ task: 'rehearsing', done, steps: old.length }),
    });
    const repeated = painted.map((latents, i) => rehearsed(old[i]!, latents));
    const draw = repeated.length > 0 ? withRehearsal(fresh, repeated, settings.rehearsal) : fresh;
    const source = tuningStage(settings, { name: 'learn', plugins, model, texts, sizes, pictures: draw });
    const stage = unetStage(source);
    const graph = stageGraph(stage, backend);
    const earlier = resumeFrom ? checkState(resumeFrom, graph.params, stage.frozen) : {};
    const known = { ...stage.start, ...earlier, ...stage.frozen };
    const state = startState(graph.params, stage, known);
    const own = Object.fromEntries(Object.keys(graph.params).map((name) => [name, state[name]!]));
    const executable = await backend.compile(graph, own);
    const losses = [...(resumeFrom?.losses ?? [])];
    const done = losses.length;
    let learnt: Tensors = {};
    // What is saved is checked: numbers that are not finite make no adapter.
    const save = async (now: Tensors): Promise<void> => {
      learnt = now;
      const tensors = Object.fromEntries(
        Object.entries(now).filter(([name]) => !Object.hasOwn(stage.frozen ?? {}, name)),
      );
      await onState?.({ base: hash, tensors, losses: [...losses] });
    };
    const saveEvery = onState ? stateEvery : Number.POSITIVE_INFINITY;
    const loop = { ...stage, executable, done, signal: ended, save, saveEvery };
    try {
      for await (const event of trainingLoop(loop)) {
        const loss = event.values.loss!;
        losses.push(loss);
        onProgress?.({ task: 'training', done: event.done, steps: settings.steps, loss });
        // Networks may run on this thread: a turn of the event loop lets an abort arrive.
        await eventLoopTurn();
      }
      signal?.throwIfAborted();
      if (losses.length === 0) stop?.throwIfAborted();
      const weights = averaged({ ...state, ...learnt }, stage);
      const { learning } = source;
      const declare = {
        categories: categoriesOf(pictures.map(({ image, objects }) => ({ ...image, objects }))),
      };
      return {
        adapter: adapterOf({ hash, name: model.name, changes, weights, learning, plugins, declare }),
        losses,
      };
    } finally {
      await executable.dispose();
    }
  } finally {
    await closeParts(parts);
  }
}

/** The numbers of a state that a graph can be resumed from. Throws where they belong to another one. */
function checkState({ tensors, losses }: LearnState, params: Values, frozen: Tensors = {}): Tensors {
  // A device of another precision begins the scale of the loss anew.
  const beginsAnew = (name: string): boolean => isLossScale(name) && !Object.hasOwn(tensors, name);
  const learning = Object.keys(params).filter((name) => !Object.hasOwn(frozen, name) && !beginsAnew(name));
  for (const name of learning) {
    const isSame = String(tensors[name]?.shape) === String(params[name]!.shape);
    if (!isSame) throw new Error(`resumeFrom: ${name} does not fit this training; begin anew`);
  }
  if (tensors[trainingNames.step]!.data[0] !== losses.length) {
    throw new Error(`resumeFrom: has the losses of ${losses.length} steps and not of each; begin anew`);
  }
  return Object.fromEntries(learning.map((name) => [name, tensors[name]!]));
}

const isLossScale = (name: string): boolean => (Object.values(lossScaleNames) as string[]).includes(name);

/** What ends the work, whether anything is kept or not. */
function endOf(signal: AbortSignal | undefined, stop: AbortSignal | undefined): AbortSignalLike {
  return {
    get aborted() {
      return Boolean(signal?.aborted || stop?.aborted);
    },
    throwIfAborted() {
      signal?.throwIfAborted();
      stop?.throwIfAborted();
    },
  };
}

function randomPictures(pictures: readonly LearnPicture[], { encoder, view }: Parts): DrawPictures {
  return async (count, rng) => {
    const drawn = Array.from({ length: count }, () => {
      const picture = pictures[rng.int(pictures.length)]!;
      const { width, height } = picture.image;
      return { picture, ...randomView({ ...picture, width, height }, rng, view) };
    });
    const latents = await encoder.encode(drawn.map(({ picture, crop }) => cropped(picture.image, crop)));
    return drawn.map(({ picture, objects }, row) => ({
      latents: latents[row]!,
      caption: picture.caption ?? captionOf(objects),
      objects,
    }));
  };
}

function checkPictures(pictures: readonly LearnPicture[]): void {
  if (pictures.length === 0) throw new Error('pictures: there is none; add some with boxes');
  for (const [i, { image, objects }] of pictures.entries()) {
    if (objects.length === 0)
      throw new Error(`pictures[${i}].objects: is empty; draw a box, or leave it out`);
    const { width, height, data } = image;
    if (data.length === 3 * width * height) continue;
    throw new Error(`pictures[${i}].image: ${data.length} bytes do not make ${width} x ${height} pixels`);
  }
}

/** Phrases without any word are refused; those of new words are known by now. */
function checkPhrases(pictures: readonly LearnPicture[], words: readonly string[] | undefined): void {
  if (!words) return;
  for (const [i, { caption, objects }] of pictures.entries()) {
    try {
      checkWords({ prompt: caption ?? captionOf(objects), objects }, words);
    } catch (cause) {
      throw new Error(`pictures[${i}]: ${messageOf(cause)}`, { cause });
    }
  }
}
