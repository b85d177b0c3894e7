import { checkMethods, checkText } from '../checks/index.js';
import type { Backend, CompileOptions, ComputePrecision, Executable } from '../graph/backend.js';
import type { Tensors } from '../graph/tensor.js';
import type { Graph } from '../graph/value.js';
import { deviceFault } from './faults.js';

/** How a backend opens its device, compiles on it and closes it. */
export interface DeviceBackendOptions<Device, Options extends CompileOptions> {
  /** How errors call the device. */
  readonly name: string;
  /** What its graphs are computed in, where that is not float32. */
  readonly precision?: ComputePrecision;
  /**
   * Loads the runtime and checks that the device is there. Called when a graph is first compiled, and again after
   * it failed or the backend was disposed of.
   */
  open(): Promise<Device>;
  /** Compiles a graph on the open device. */
  compile(device: Device, graph: Graph, params: Tensors, options: Options): Promise<Executable>;
  /** Gives the device back, after its graphs were disposed of. */
  close?(device: Device): void;
}

/**
 * A backend over a device that is opened when it is first needed. It keeps account of the compiled graphs, and
 * turns what the runtime says of a full or lost device into `DeviceError`s.
 */
export function deviceBackend<Device, Options extends CompileOptions = CompileOptions>(
  options: DeviceBackendOptions<Device, Options>,
) {
  checkMethods(options, ['open', 'compile'], 'options', 'how a device is opened, { name, open, compile }');
  checkText(options.name, 'options.name');
  const { name, precision, open, compile, close } = options;
  const live = new Set<Executable>();
  let device: Promise<Device> | undefined;
  const opened = (): Promise<Device> => {
    device ??= open().catch((cause) => {
      device = undefined;
      throw cause;
    });
    return device;
  };
  const guarded = async <T>(task: Promise<T>): Promise<T> => {
    try {
      return await task;
    } catch (cause) {
      throw deviceFault(name, cause) ?? cause;
    }
  };
  const tracked = (compiled: Executable): Executable => {
    const { withParams } = compiled;
    const own: Executable = {
      run: (inputs) => guarded(compiled.run(inputs)),
      readParams: () => guarded(compiled.readParams()),
      // What `use` throws is no fault of the device.
      ...(withParams && { withParams: (use) => withParams(use) }),
      dispose: async () => {
        live.delete(own);
        await compiled.dispose();
      },
    };
    live.add(own);
    return own;
  };
  return {
    name,
    ...(precision === undefined ? {} : { precision }),
    /** Opens the device with the first graph, and compiles on it. */
    async compile(graph: Graph, params: Tensors, options: Options = {} as Options): Promise<Executable> {
      options.signal?.throwIfAborted();
      const ready = await opened();
      options.signal?.throwIfAborted();
      return tracked(await guarded(compile(ready, graph, params, options)));
    },
    /** Frees the device and everything compiled on it. */
    async dispose(): Promise<void> {
      await Promise.all([...live].map((compiled) => compiled.dispose()));
      const open = await device?.catch(() => undefined);
      device = undefined;
      if (open !== undefined) close?.(open);
    },
  } satisfies Backend;
}
