// Networks that are too large for a device's memory, computed a part at a time.

import { checkKeys, checkWhole } from '../checks/index.js';
import { checkBackend } from '../graph/backend.js';
import {
  type Backend,
  bytesOf,
  type Executable,
  type Graph,
  type Tensor,
  type Tensors,
} from '../graph/index.js';
import { type CutGraph, cutGraph, type GraphPart } from './cutGraph.js';
import { oneAtATime } from './queue.js';
import { checkTensors } from './tensors.js';

/** Options of `inParts`. */
export interface InPartsOptions {
  /** The most bytes of parameters, counted in float32, that one compiled part holds. */
  readonly partBytes: number;
  /**
   * The most bytes of parameters that stay compiled between runs, of all graphs of this backend together. Parts beyond it
   * are compiled for each run and given back after it. Default: `partBytes`.
   */
  readonly residentBytes?: number;
}

const BYTES = { min: 1, max: Number.MAX_SAFE_INTEGER };

/**
 * A backend for devices whose memory does not hold a network at once, such as WebAssembly with its 4 GiB. Graphs with
 * parameters of more than `partBytes` are cut and computed one part after another; smaller ones, and graphs that train,
 * are compiled as they are. `params` should be tensors whose numbers stay in a file until they are asked for. Throws where
 * an option is out of its range.
 */
export function inParts(backend: Backend, options: InPartsOptions): Backend {
  checkBackend(backend);
  checkKeys(options, ['partBytes', 'residentBytes'], 'inParts');
  const partBytes = checkWhole(options.partBytes, BYTES, 'inParts.partBytes');
  const residentBytes = checkWhole(
    options.residentBytes ?? partBytes,
    { ...BYTES, min: 0 },
    'inParts.residentBytes',
  );
  let resident = 0;
  /** Takes memory for a part that stays, if there is some. */
  const reserve = (bytes: number): boolean => {
    if (resident + bytes > residentBytes) return false;
    resident += bytes;
    return true;
  };
  const release = (bytes: number): void => {
    resident -= bytes;
  };
  return {
    name: backend.name,
    ...(backend.precision === undefined ? {} : { precision: backend.precision }),
    async compile(graph, params, compileOptions) {
      const bytes = Object.values(graph.params).reduce((sum, each) => sum + bytesOf(each), 0);
      if (graph.updates || bytes <= partBytes) {
        const whole = await backend.compile(graph, params, compileOptions);
        resident += bytes;
        return released(whole, () => release(bytes));
      }
      checkTensors('params', graph.params, params);
      compileOptions?.signal?.throwIfAborted();
      return partwise(backend, graph, params, cutGraph(graph, partBytes), { reserve, release });
    },
    dispose: () => backend.dispose(),
  };
}

/** The executable; `onEnd` is called once, when it is disposed of. */
function released(executable: Executable, onEnd: () => void): Executable {
  let ended = false;
  const { withParams } = executable;
  return {
    run: (inputs) => executable.run(inputs),
    readParams: () => executable.readParams(),
    ...(withParams && { withParams: (use) => withParams(use) }),
    async dispose() {
      if (!ended) onEnd();
      ended = true;
      await executable.dispose();
    },
  };
}

interface Memory {
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

function partwise(
  backend: Backend,
  graph: Graph,
  params: Tensors,
  { parts, outputs }: CutGraph,
  memory: Memory,
): Executable {
  const staying = new Map<GraphPart, Executable>();
  const lastUse = new Map(
    parts.flatMap(({ graph: { inputs } }, i) => Object.keys(inputs).map((name) => [name, i])),
  );
  let disposed = false;
  // Two runs at once would hold two parts at once.
  const inTurn = oneAtATime();

  const runPart = async (part: GraphPart, known: ReadonlyMap<string, Tensor>): Promise<Tensors> => {
    const given = picked(part.graph.inputs, (name) => known.get(name)!);
    const here = staying.get(part);
    if (here) return here.run(given);
    const executable = await backend.compile(
      part.graph,
      picked(part.graph.params, (name) => params[name]!),
    );
    if (memory.reserve(part.bytes)) {
      staying.set(part, executable);
      return executable.run(given);
    }
    try {
      return await executable.run(given);
    } finally {
      await executable.dispose();
    }
  };

  const runAll = async (given: Tensors): Promise<Tensors> => {
    if (disposed) throw new Error('run: this executable was disposed of');
    const known = new Map(Object.entries(given));
    const wanted = new Set(Object.values(outputs));
    for (const [i, part] of parts.entries()) {
      const made = await runPart(part, known);
      for (const [name, value] of Object.entries(made)) known.set(name, value);
      for (const name of known.keys()) {
        if ((lastUse.get(name) ?? -1) <= i && !wanted.has(name) && !Object.hasOwn(given, name))
          known.delete(name);
      }
    }
    return picked(outputs, (_, from) => known.get(from) ?? params[from]!);
  };

  return {
    async run(given) {
      checkTensors('inputs', graph.inputs, given);
      return inTurn(() => runAll(given));
    },
    readParams: async () => params,
    dispose: () =>
      inTurn(async () => {
        disposed = true;
        for (const [part, executable] of staying) {
          staying.delete(part);
          memory.release(part.bytes);
          await executable.dispose();
        }
      }),
  };
}

const picked = <T>(names: Readonly<Record<string, T>>, get: (name: string, value: T) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(names).map(([name, value]) => [name, get(name, value)]));
