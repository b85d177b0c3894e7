// A base model with what an adapter changes, as one source of files.

import { checkObject } from '../checks/index.js';
import type { Tensor, Tensors } from '../graph/tensor.js';
import { checkFiles, type FileSource, type WeightOptions } from '../io/files.js';
import { float16ToFloat32 } from '../io/float16.js';
import { halfPrecision } from '../io/halfPrecision.js';
import { readWeights, readWeightsIfAny } from '../io/modelDirectory.js';
import { withTextModel } from '../models/clipText.js';
import { grownFiles } from './grownFiles.js';
import type { VocabularyGrowth } from './growth.js';

/** What is changed of a base model. */
export interface ModelChanges {
  /** Weights by folder, under the names that they have there; they replace the base's, or join them. */
  readonly weights: Readonly<Record<string, Tensors>>;
  /** New words, with a row of the text embedding for each token: [tokens, D]. */
  readonly growth?: VocabularyGrowth;
  readonly rows?: Tensor;
}

/** The text embedding's name in text_encoder/. */
export const TOKEN_EMBEDDING = 'text_model.embeddings.token_embedding.weight';

/** Lays the changes over the base. Nothing is read before it is asked for; errors name the file at fault. */
export function adaptedFiles(base: FileSource, changes: ModelChanges): FileSource {
  checkFiles(base, 'base');
  checkObject(checkObject(changes, 'changes').weights, 'changes.weights');
  const { weights, growth, rows } = changes;
  let grown: ReturnType<typeof grownFiles> | undefined;
  const changed = async (path: string): Promise<Uint8Array | undefined> => {
    if (!growth || !/^(tokenizer|text_encoder)\/|\.json$/.test(path)) return undefined;
    // A failure is not kept: the next read may find the network back.
    grown ??= grownFiles(base, growth).catch((cause: unknown) => {
      grown = undefined;
      throw cause;
    });
    return (await grown).get(path);
  };
  return {
    read: async (path) => (await changed(path)) ?? base.read(path),
    exists: async (path) =>
      (await changed(path)) !== undefined ||
      (base.exists ? base.exists(path) : (await base.read(path)) !== undefined),
    ...(base.onDisk
      ? {
          onDisk: async (path: string) =>
            (await changed(path)) === undefined ? base.onDisk!(path) : undefined,
        }
      : {}),
    async weights(component, options) {
      const given = Object.hasOwn(weights, component) ? weights[component]! : undefined;
      const own = given && options.float32 ? widened(given) : given;
      if (component === 'text_encoder' && rows) {
        const before = withTextModel(await readWeights(base, component, options));
        return withRows({ ...before, ...own }, rows, options);
      }
      if (!own) return base.weights?.(component, options);
      return { ...(await readWeightsIfAny(base, component, options)), ...own };
    },
  };
}

function withRows(params: Tensors, rows: Tensor, options: WeightOptions): Tensors {
  const old = params[TOKEN_EMBEDDING];
  if (!old) throw new Error(`text_encoder: ${TOKEN_EMBEDDING} is missing`);
  const [count, width] = old.shape as [number, number];
  if (rows.shape[1] !== width) {
    throw new Error(`text_encoder: new rows have ${rows.shape[1]} numbers, those of the model ${width}`);
  }
  const shape = [count + rows.shape[0]!, width];
  const halves = old.dtype === 'float16' && !options.float32;
  const { data: added } = halves ? halfPrecision(widened({ rows })).rows! : widened({ rows }).rows!;
  const data = halves ? new Uint16Array(shape[0]! * width) : new Float32Array(shape[0]! * width);
  data.set(old.data);
  data.set(added, count * width);
  return { ...params, [TOKEN_EMBEDDING]: { dtype: halves ? 'float16' : 'float32', shape, data } };
}

/** Tensors in half precision as float32. */
function widened(tensors: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, given]) => [
      name,
      given.data instanceof Uint16Array
        ? { dtype: 'float32' as const, shape: given.shape, data: float16ToFloat32(given.data) }
        : given,
    ]),
  );
}
