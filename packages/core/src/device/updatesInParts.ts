// Training with the parameters in the host's memory, where a step updates a few of them at a time.

import type { Executable, Graph, Tensor, Tensors } from '../graph/index.js';
import type { CutUpdates, StepPart } from './cutUpdates.js';
import { oneAtATime } from './queue.js';
import { checkTensors } from './tensors.js';
import { type Release, updatedParameters } from './updatedParameters.js';

/** What runs the parts of a step. */
export interface PartRunner {
  /** Compiles a graph without updates of its own. Each result of a run must have memory of its own. */
  compile(graph: Graph, params: Tensors): Promise<Executable>;
  /** Takes the memory of a result that is read no more, for the garbage collector may wait until several steps are done. */
  readonly release: Release;
  /** Parameters that the caller gave away, see `CompileOptions`. */
  readonly transferParams?: readonly string[];
}

interface CompiledPart extends StepPart {
  readonly executable: Executable;
  /** What no later part reads. */
  readonly spent: readonly string[];
}

/**
 * An executable of the training graph that was cut. The next numbers of a part are written over the present ones before the next part
 * runs, so that the state stands in memory once, with what one part computes beside it. Calls are queued. A step that fails before its
 * first update leaves the parameters as they were; where an update fails, some are updated already, and later calls reject.
 */
export async function updatesInParts(
  { compile, release, transferParams }: PartRunner,
  graph: Graph,
  given: Tensors,
  { first, updates }: CutUpdates,
): Promise<Executable> {
  const parts = await compiled(compile, given, [first, ...updates]);
  const names = Object.keys(graph.updates ?? {});
  const { state, fixed } = begun(given, names, release, transferParams);
  let torn: { readonly cause: unknown } | undefined;
  let disposed = false;
  const inTurn = oneAtATime();
  const checkWhole = (task: string): void => {
    if (!torn) return;
    throw new Error(
      `${task}: a step failed while parameters were updated; compile again with those saved last`,
      torn,
    );
  };
  const runPart = ({ graph, updated, executable }: CompiledPart, known: ReadonlyMap<string, Tensor>) => {
    const feed = (name: string): Tensor => {
      const param = updated[name];
      return param === undefined ? known.get(name)! : state.get(param);
    };
    return executable.run(Object.fromEntries(Object.keys(graph.inputs).map((name) => [name, feed(name)])));
  };

  const step = async (inputs: Tensors): Promise<Tensors> => {
    if (disposed) throw new Error('run: this executable was disposed of');
    checkWhole('run');
    const [opening, ...rest] = parts as [CompiledPart, ...CompiledPart[]];
    const known = new Map(Object.entries(inputs));
    const outputs: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(await runPart(opening, known))) {
      if (Object.hasOwn(graph.outputs, name)) outputs[name] = tensor;
      else known.set(name, tensor);
    }
    try {
      for (const part of rest) {
        for (const [name, next] of Object.entries(await runPart(part, known))) state.update(name, next);
        for (const name of part.spent) {
          // The caller's own inputs may be read on.
          if (!Object.hasOwn(graph.inputs, name)) release(known.get(name)!);
          known.delete(name);
        }
      }
    } catch (cause) {
      torn = { cause };
      throw cause;
    }
    return outputs;
  };

  return {
    async run(inputs) {
      checkTensors('inputs', graph.inputs, inputs);
      return inTurn(() => step(inputs));
    },
    readParams: () =>
      inTurn(async () => {
        checkWhole('readParams');
        return { ...fixed, ...state.read() };
      }),
    withParams: (use) =>
      inTurn(async () => {
        checkWhole('withParams');
        return use({ ...fixed, ...state.lend() });
      }),
    dispose: () =>
      inTurn(async () => {
        if (disposed) return;
        disposed = true;
        state.clear();
        await Promise.all(parts.map(({ executable }) => executable.dispose()));
      }),
  };
}

async function compiled(compile: PartRunner['compile'], params: Tensors, parts: readonly StepPart[]) {
  const lastReader = new Map(
    parts.flatMap(({ graph: { inputs } }, i) => Object.keys(inputs).map((name) => [name, i])),
  );
  const done: CompiledPart[] = [];
  try {
    for (const [i, part] of parts.entries()) {
      const own = Object.keys(part.graph.params).map((name) => [name, params[name]!] as const);
      const executable = await compile(part.graph, Object.fromEntries(own));
      const spent = Object.keys(part.graph.inputs).filter(
        (name) => !Object.hasOwn(part.updated, name) && lastReader.get(name) === i,
      );
      done.push({ ...part, executable, spent });
    }
    return done;
  } catch (cause) {
    await Promise.all(done.map(({ executable }) => executable.dispose()));
    throw cause;
  }
}

/** The parameters that are updated, in memory, and the others. No closure of the executable may name all that were given. */
function begun(given: Tensors, names: readonly string[], release: Release, transferred?: readonly string[]) {
  const first = Object.fromEntries(names.map((name) => [name, given[name]!]));
  const state = updatedParameters(first, release, transferred);
  const updated = new Set(names);
  const fixed = Object.fromEntries(Object.entries(given).filter(([name]) => !updated.has(name)));
  return { state, fixed };
}
