// Learning from pictures in memory: no files, so a page can do it. What is learnt is an adapter.

import {
  type AbortSignalLike,
  type Backend,
  checkPlugins,
  type FileSource,
  type Layout,
  type Plugin,
  type Tensors,
} from '@spatiallock/core';
import { type Adapter, adaptedFiles, baseHash, newWords } from '@spatiallock/core/adapters';
import { checkBackend, checkCallback, checkKeys, checkWhole, eventLoopTurn } from '@spatiallock/core/checks';
import { loadModel } from '@spatiallock/core/pipeline';
import { trainingLoop } from '@spatiallock/core/train';
import { adapterOf } from '../adapterOf.js';
import { averaged, startState } from '../averages.js';
import { categoriesOf } from '../categories.js';
import { labelsOf, textsOf } from '../fineTune/captions.js';
import { closeParts, openParts, viewOf } from '../fineTune/parts.js';
import { requireLearning } from '../fineTune/requireLearning.js';
import { checkSeen } from '../fineTune/seenBoxes.js';
import { defaultFineTuneSettings, fineTuneSettings } from '../fineTune/settings.js';
import { tuningStage } from '../fineTune/tuningStage.js';
import { checkRehearsal, checkRehearsed, checkSignal } from '../given.js';
import { paintRehearsal, rehearsed, withRehearsal } from '../rehearsal.js';
import { stageGraph } from '../stageGraph.js';
import { unetStage } from '../unetStage.js';
import { checkPhrases, checkPictures, type LearnPicture, randomPictures } from './pictures.js';
import { checkSame, fingerprintOf, type LearnState, resumed, type Settings } from './state.js';

/** What the learning is doing now. */
export interface LearnProgress {
  readonly task: 'rehearsing' | 'training';
  readonly done: number;
  /** Steps of the training, or pictures to paint. */
  readonly steps: number;
  /** The last step's. */
  readonly loss?: number;
}

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
  /** Resumes from this state, of the same pictures and settings; `steps` alone may be more. Default: begins with the base. */
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
  checkBackend(backend);
  checkPlugins(plugins);
  checkPictures(pictures);
  checkRehearsal(rehearse, 'rehearse');
  for (const name of ['signal', 'stop'] as const) checkSignal(options[name], name);
  for (const name of ['onState', 'onProgress'] as const) checkCallback(options[name], name);
  signal?.throwIfAborted();
  // What was learnt before is kept.
  if (resumeFrom === undefined) stop?.throwIfAborted();
  const ended = endOf(signal, stop);
  // Before anything is learnt, for a page that is not secure cannot compute it.
  const hash = await baseHash(base);
  const fingerprint = await fingerprintOf(settings, { pictures, rehearse, plugins });
  if (resumeFrom !== undefined) checkSame(resumeFrom, hash, fingerprint);
  const shown = { texts: textsOf({ pictures }), names: labelsOf({ pictures }) };
  const changes = await newWords(base, { ...shown, seed: settings.seed });
  const model = await loadModel(changes ? adaptedFiles(base, changes) : base, plugins);
  checkPhrases(pictures, model.words);
  checkRehearsed(rehearse, model.words);
  requireLearning(settings, plugins, model);
  const sized = pictures.map(({ image: { width, height }, objects }) => ({ width, height, objects }));
  checkSeen({ training: sized, validation: [] }, viewOf(settings, model), changes?.growth?.words);
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
    const earlier = resumeFrom ? resumed(resumeFrom, graph.params, stage.frozen) : {};
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
      await onState?.({ base: hash, fingerprint, tensors, losses: [...losses] });
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
        categories: categoriesOf(sized),
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
