// What a training step costs with PoG against without, for the embedded model: processor time, which other jobs on the
// machine disturb less than the clock. `stepCost.ts [BATCH] [STEPS]`

import { cpu } from '@spatiallock/backend-onnx';
import { input, parameterStore, type Tensors } from '@spatiallock/core';
import { initialise } from '@spatiallock/core/nn';
import { loadModel } from '@spatiallock/core/pipeline';
import { trainingGraph } from '@spatiallock/core/train';
import {
  defaultQueryConfig,
  queryGraph,
  queryTargetInputs,
  queryTargets,
} from '@spatiallock/detectors/query';
import { directory } from '@spatiallock/node';
import type { Supervisor } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { modelDirectory } from '@spatiallock/research-model-128';
import {
  type PogChoice,
  pogChoices,
  pogPaths,
  pogSettings,
  SCENE_OBJECTS,
  unetRun,
  unetStage,
} from '@spatiallock/research-recipe';
import { classLabels, planScene } from '@spatiallock/research-scenes-128';
import { type DrawPictures, textTable } from '@spatiallock/training';

const [batch = 48, steps = 3] = process.argv.slice(2).map(Number);
const backend = cpu();
const model = await loadModel(directory(modelDirectory), [poi()]);
const { unet, vae, textEncoder, tokenizer } = model;
const { config: textConfig, params: textWeights } = textEncoder;
const texts = await textTable({ backend, tokenizer, config: textConfig, weights: textWeights, batch });
const size = unet.config.in_channels * 16 * 16;
/** Noise for latents: what they show costs nothing. */
const pictures: DrawPictures = (count, rng) =>
  Array.from({ length: count }, () => {
    const { caption, objects } = planScene(rng.int(1000));
    return { caption, objects, latents: Float32Array.from({ length: size }, () => rng.normal()) };
  });

/** The `query` detector without training: it costs the same. */
function untrainedSupervisor(): Supervisor {
  const config = { ...defaultQueryConfig, labels: classLabels };
  const graph = queryGraph(config);
  const slots = { objects: SCENE_OBJECTS };
  const params = parametersOf(graph, config.image_size);
  return {
    graph,
    weights: initialise(params, 1),
    imageSize: config.image_size,
    inputs: (rows) => queryTargetInputs(config, rows, slots),
    targets: (objects) => queryTargets(config, objects, slots),
  };
}

function parametersOf(graph: Supervisor['graph'], side: number) {
  const { scope, params } = parameterStore();
  graph.build(scope, input('image', [1, 3, side, side]));
  return params;
}

interface Cost {
  readonly processor: number;
  readonly clock: number;
}

async function costOf(paths: PogChoice | undefined): Promise<Cost> {
  const supervisor = untrainedSupervisor();
  const pog = await pogSettings(
    backend,
    paths && pogPaths[paths],
    { autoencoder: vae.params, latentScale: 1 },
    { supervisor },
  );
  const cache = { shape: [unet.config.in_channels, 16, 16], scale: 1 };
  const stage = unetStage({ ...unetRun, batch }, { cache, pictures, texts, pog, start: unet.params });
  const graph = trainingGraph(stage);
  const state: Tensors = { ...initialise(graph.params, 1), ...stage.start, ...stage.frozen };
  const names = Object.keys(graph.params);
  const own = Object.fromEntries(names.map((name) => [name, state[name]!]));
  const executable = await backend.compile(graph, own);
  await executable.run(await stage.batch(0));
  const [start, used] = [performance.now(), process.cpuUsage()];
  for (let step = 1; step <= steps; step++) await executable.run(await stage.batch(step));
  const { user, system } = process.cpuUsage(used);
  const clock = (performance.now() - start) / 1000 / steps;
  await executable.dispose();
  return { processor: (user + system) / 1e6 / steps, clock };
}

let plain: Cost | undefined;
for (const paths of [undefined, ...pogChoices]) {
  const cost = await costOf(paths);
  plain ??= cost;
  const ratio = (cost.processor / plain.processor).toFixed(2);
  const [processor, clock] = [cost.processor, cost.clock].map((value) => value.toFixed(2));
  console.log(
    `${paths ?? 'none'}: ${processor} processor seconds a step, ${clock} s by the clock, ratio ${ratio}`,
  );
}
await backend.dispose();
