// PyTorch as a backend: graphs run in a Python process of their own.

import { fileURLToPath } from 'node:url';
import {
  type Backend,
  type CompileOptions,
  DeviceError,
  type Executable,
  type Graph,
  type Tensors,
} from '@spatiallock/core';
import {
  checkTensors,
  composites,
  deviceBackend,
  expandComposites,
  type Op,
  simplify,
} from '@spatiallock/core/backend';
import { executable } from './executable.js';
import { fuse } from './passes/fuse.js';
import { stackAlike } from './passes/stackAlike.js';
import { sumChains } from './passes/sumChains.js';
import { programOf } from './program.js';
import { startWorker, type Worker } from './worker.js';

export interface TorchOptions {
  /** Default `cpu`; a number after `cuda:` chooses the card. */
  readonly device?: 'cpu' | 'cuda' | `cuda:${number}`;
  /** The interpreter. Default `python3`. */
  readonly python?: string;
  /** Path of worker.py, which other files of Python lie beside. Default `python/worker.py` beside this module. */
  readonly worker?: string;
  /**
   * `tf32` rounds the operands of matrix products and convolutions to 11 bits, where the card can. `bfloat16` rounds
   * them, and the values between ops, to 8 bits; sums, the loss, moments and parameters stay float32. Default `float32`.
   */
  readonly precision?: 'float32' | 'tf32' | 'bfloat16';
  /** Fuses ops with torch.compile, within `compileSeconds`. Default false. */
  readonly compile?: boolean;
  /** What torch.compile may take for one graph, in seconds; what is not done by then runs as it is. Default 240. */
  readonly compileSeconds?: number;
  /** Ops that are compiled together. Default 500. */
  readonly segment?: number;
  /** Captures each graph as one CUDA graph, which starts all kernels at once. Default false. */
  readonly cudaGraphs?: boolean;
  /** Hands convolutions their maps in the order NHWC. Default false. */
  readonly channelsLast?: boolean;
  /**
   * Computes like tensors of the optimiser in one go: one product of a stack instead of many of single matrices.
   * Default true.
   */
  readonly stack?: boolean;
  /** Receives what Python reports of its progress, line by line. */
  readonly onLine?: (line: string) => void;
}

/** Nothing is started before the first graph is compiled; disposing ends the process. */
export function torchBackend(options: TorchOptions = {}): Backend {
  const { device = 'cpu' } = options;
  const name = `torch-${device}`;
  let count = 0;
  return deviceBackend<Worker>({
    name,
    open: () => open(name, device, options),
    compile: (worker, graph, params, { signal }) =>
      compileGraph(worker, count++, graph, params, { signal }, options),
    close: (worker) => worker.kill(),
  });
}

async function open(name: string, device: string, options: TorchOptions): Promise<Worker> {
  const { python = 'python3', precision = 'float32', onLine } = options;
  const script = options.worker ?? fileURLToPath(new URL('python/worker.py', import.meta.url));
  const worker = startWorker({ device: name, python, script, onLine });
  const { header } = await worker.request({ task: 'open', device, precision });
  if (!header.missing) return worker;
  worker.kill();
  throw new DeviceError({
    device: name,
    reason: 'unavailable',
    problem: header.problem ?? `${header.missing} is missing`,
    advice: advice[header.missing],
  });
}

const advice = {
  torch:
    'Install it with `pip install torch` or, on Debian, `apt-get install python3-torch`; ' +
    'or name another interpreter with the option `python`.',
  cuda: "Install a build of PyTorch for this card's driver, or use the device `cpu`.",
};

/** Gradients read what these expand to: expanded as well, they share it. */
const shared: ReadonlySet<string> = new Set(['attention', 'groupNorm', 'layerNorm', 'gelu']);

function lowered(graph: Graph, stack: boolean): Graph {
  const keep = (op: Op): boolean =>
    Object.hasOwn(composites, op.name) && !(graph.updates && shared.has(op.name));
  const simple = fuse(simplify(expandComposites(graph, keep)));
  return stack ? sumChains(stackAlike(simple)) : simple;
}

async function compileGraph(
  worker: Worker,
  id: number,
  graph: Graph,
  params: Tensors,
  { signal }: CompileOptions,
  options: TorchOptions,
): Promise<Executable> {
  checkTensors('params', graph.params, params);
  const program = programOf(lowered(graph, options.stack ?? true), params);
  const { precision = 'float32', compile = false, compileSeconds = 240, segment = 500 } = options;
  const { cudaGraphs = false, channelsLast = false } = options;
  const settings = { precision, compile, compileSeconds, segment, cudaGraphs, channelsLast };
  const message = { task: 'compile', executable: id, graph: program.message, options: settings };
  await worker.request(message, program.parts);
  const made = executable(worker, id, graph, params, program);
  if (signal?.aborted) await made.dispose();
  signal?.throwIfAborted();
  return made;
}
