import type { Shape, StoredBytes, Tensor, TensorData, Tensors } from '../../graph/tensor.js';
import type { SafetensorsEntry, SafetensorsHeader } from '../safetensorsHeader.js';
import { decodeNumbers } from './codes.js';
import { type CodedEntry, parseQuantization, scalesOf } from './metadata.js';

export interface EntryReaders {
  /** The tensor of an entry as it stands. */
  readonly plain: (name: string, entry: SafetensorsEntry) => Tensor;
  readonly bytes: (entry: SafetensorsEntry) => StoredBytes;
}

/** The tensors of a file: those that it keeps in a few bits under their own shapes, the others as they stand. */
export function tensorsOf(header: SafetensorsHeader, { plain, bytes }: EntryReaders): Tensors {
  const { coded, shown } = shownIn(header);
  return Object.fromEntries(
    shown.map(([name, entry]) => {
      const kind = coded.get(name);
      const tensor = kind
        ? codedTensor(name, kind, bytes(entry), bytes(header.entries[scalesOf(name)]!))
        : plain(name, entry);
      return [name, tensor];
    }),
  );
}

/** The shapes of a file's tensors as `readSafetensors` gives them: those of numbers, where a file keeps codes. */
export function numberShapes(header: SafetensorsHeader): Readonly<Record<string, { readonly shape: Shape }>> {
  const { coded, shown } = shownIn(header);
  return Object.fromEntries(
    shown.map(([name, { shape }]) => [name, { shape: coded.get(name)?.shape ?? shape }]),
  );
}

/** Entries without the scales that belong to others. */
function shownIn(header: SafetensorsHeader) {
  const coded = parseQuantization(header);
  const scales = new Set([...coded.keys()].map(scalesOf));
  const shown = Object.entries(header.entries).filter(([name]) => coded.has(name) || !scales.has(name));
  return { coded, shown };
}

function codedTensor(
  name: string,
  { bits, block, shape }: CodedEntry,
  codes: StoredBytes,
  scales: StoredBytes,
): Tensor {
  const coded = { bits, block, codes, scales };
  let known: WeakRef<TensorData> | undefined;
  return {
    dtype: 'float32',
    shape,
    coded,
    get data() {
      const data = known?.deref();
      if (data) return data;
      const decoded = decodeNumbers(`safetensors: ${name}`, coded, shape);
      known = new WeakRef(decoded);
      return decoded;
    },
  };
}
