// Fine-tunes the checkpoint for one row: same budget, data order and seed for all.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Plugin, parameterOwner, type Tensors } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import { cosineRate, muon } from '@spatiallock/core/train';
import { readTensorsIfAny, writeTensors } from '@spatiallock/node';
import { defaultPerceptionConfig, type PogTrainingSettings, pog } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { limits } from '@spatiallock/scenes';
import { partWeights, type TrainingStage, trainStage, unetObjective, unetStage } from '@spatiallock/training';
import type { AblationContext, Checkpoint } from './checkpoint.js';
import { type AblationRow, isUntrained, trainedRow } from './rows.js';

/** Of the rows with the feature path; what guides by it must know. */
export const perceptionConfig = defaultPerceptionConfig;

export interface TrainedRow {
  readonly weights: Tensors;
  /** Null for the checkpoint. */
  readonly secondsPerStep: number | null;
  /** Numbers that learnt, and those among them that belong to PoI or PoG. */
  readonly trainableParameters: number;
  readonly pluginParameters: number;
  /** Means over some steps each, from the stage's log. */
  readonly curve: readonly { readonly step: number; readonly mse: number }[];
}

/** Trains the row whose weights are asked for, or reads them where it is done; a kill loses the steps since a save. */
export async function trainRow(
  row: AblationRow,
  seed: number,
  context: AblationContext,
  checkpoint: Checkpoint,
): Promise<TrainedRow> {
  if (isUntrained(row)) {
    const { params } = checkpoint.model.unet;
    return { weights: params, secondsPerStep: null, trainableParameters: 0, pluginParameters: 0, curve: [] };
  }
  const trained = trainedRow(row);
  const folder = join(context.folder, 'rows', `${trained.key}-${seed}`);
  const stage = await stageOf(trained, seed, context, checkpoint);
  const weightsPath = join(folder, 'weights.safetensors');
  let weights = await readTensorsIfAny(weightsPath);
  if (!weights) {
    const { backend, signal, say } = context;
    const onLine = (line: string): void => say(`${trained.key}, seed ${seed}: ${line}`);
    const parts = partWeights(await trainStage(stage, { backend, folder, signal, onLine }), ownPlugins);
    weights = Object.assign({}, ...Object.values(parts)) as Tensors;
    await writeTensors(weightsPath, weights);
  }
  await rm(join(folder, stage.name, 'state.safetensors'), { force: true });
  const log = await readLog(join(folder, stage.name, 'log.jsonl'));
  const sizes = Object.entries(stage.params).flatMap(([name, { shape }]) =>
    stage.trains?.(name) === false ? [] : [{ name, size: shape.reduce((a, b) => a * b, 1) }],
  );
  const total = (parts: typeof sizes): number => parts.reduce((sum, { size }) => sum + size, 0);
  return {
    weights,
    secondsPerStep: median(log.map(({ milliseconds }) => milliseconds)) / 1000,
    trainableParameters: total(sizes),
    pluginParameters: total(sizes.filter(({ name }) => isPluginParameter(name))),
    curve: log.map(({ step, mse }) => ({ step, mse })),
  };
}

const SAVES = 4;

async function stageOf(
  row: AblationRow,
  seed: number,
  context: AblationContext,
  checkpoint: Checkpoint,
): Promise<TrainingStage> {
  const { settings } = context;
  const { steps, batch, peak, anew } = settings;
  const { model, height, width, texts, pictures } = checkpoint;
  const { config, params } = model.unet;
  const states = row.ownSampling ? await checkpoint.states() : undefined;
  const sizes = { batch, height, width, tokens: model.tokenizer.maxLength, objects: limits.maxObjects };
  const plugins = pluginsOf(row, checkpoint, settings);
  const sampled = states && { states, count: Math.ceil((settings.pictures ?? 4) / 2) };
  // Counts where guidance is distilled into the network, as in the embedded model.
  const guidanceScale = Math.max(1, model.defaults.guidanceScale);
  const objective = { config, sizes, plugins, sampled, guidanceScale };
  const { predictionType } = noiseSchedule(model.schedulerConfig);
  const asked = unetObjective({ ...objective, predictionType }).params;
  return unetStage({
    ...objective,
    name: 'unet',
    schedulerConfig: model.schedulerConfig,
    texts,
    pictures,
    start: { ...initialise(asked, seed), ...(anew ? withoutPlugins(params) : params) },
    steps,
    seed,
    optimiser: muon({ weightDecay: 0.01 }),
    learningRate: cosineRate({ peak, warmup: Math.min(20, Math.ceil(steps / 5)), steps, floor: 0.02 }),
    ema: 0.98,
    saveEvery: Math.max(1, Math.ceil(steps / SAVES)),
  });
}

/** What can have weights of its own in some row. */
const ownPlugins: readonly Plugin[] = [poi(), pog({ training: { feature: { config: perceptionConfig } } })];

/** Whether a parameter belongs to a plugin rather than to the U-Net. */
export const isPluginParameter = (name: string): boolean => parameterOwner(ownPlugins, name) !== undefined;

function pluginsOf(
  row: AblationRow,
  checkpoint: Checkpoint,
  settings: AblationContext['settings'],
): readonly Plugin[] {
  const training = pogOf(row, checkpoint, settings);
  return [...(row.poi ? [poi(row.poi)] : []), ...(training ? [pog({ training })] : [])];
}

const withoutPlugins = (weights: Tensors): Tensors =>
  Object.fromEntries(Object.entries(weights).filter(([name]) => !isPluginParameter(name)));

function pogOf(
  { pog: paths }: AblationRow,
  { model, supervisor }: Checkpoint,
  { lambda, pictures = 4, maxTimestep }: AblationContext['settings'],
): PogTrainingSettings | undefined {
  if (!paths) return undefined;
  const { autoencoder: decoder, params: vae } = model.vae;
  return {
    ...(paths.feature ? { feature: { config: perceptionConfig, lambda } } : {}),
    ...(paths.image ? { image: { supervisor, decoder, vae, lambda, pictures, maxTimestep } } : {}),
  };
}

interface LogLine {
  readonly step: number;
  readonly mse: number;
  readonly milliseconds: number;
}

async function readLog(path: string): Promise<LogLine[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as LogLine);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
