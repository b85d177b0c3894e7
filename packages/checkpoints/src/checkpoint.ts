// One safetensors file, on a disk or in memory.

import { type FileOnDisk, messageOf, type Tensors } from '@spatiallock/core';
import { saysAdapter } from '@spatiallock/core/adapters';
import { checkList, checkMethods, checkObject, checkText } from '@spatiallock/core/checks';
import {
  checkSafetensors,
  isPickle,
  openSafetensors,
  pickleCommands,
  pickleRefusal,
  QUANTIZATION_KEY,
  readSafetensors,
  readSafetensorsHead,
  readSafetensorsHeader,
  type SafetensorsHeader,
} from '@spatiallock/core/io';
import { type CheckpointIdentity, identify } from './identify.js';

/** A single file as people share it: its entries, what it is, and its tensors on demand. */
export interface Checkpoint extends SafetensorsHeader {
  /** What errors call it. */
  readonly name: string;
  readonly identity: CheckpointIdentity;
  /** The tensors of these names; half precision becomes float32. Rejects where their numbers are not finite. */
  tensors(names: readonly string[]): Promise<Tensors>;
}

/**
 * Opens a safetensors file; of one on a disk it reads the header alone, and tensors stay there until they are asked for.
 * Throws an error that begins with `name`, also where the file is a pickle of PyTorch.
 */
export function openCheckpoint(file: FileOnDisk | Uint8Array, name: string): Checkpoint {
  checkText(name, 'name', 'the name of a file');
  if (!(file instanceof Uint8Array))
    checkMethods(file, ['read'], 'file', 'bytes, or a file on a disk as openFile() gives');
  return named(name, () => {
    if (file instanceof Uint8Array) {
      refusePickle(file.subarray(0, MAGIC));
      const header = readSafetensorsHeader(file);
      return {
        ...described(header, name),
        async tensors(names) {
          const all = readSafetensors(file, { float32: true });
          return Object.fromEntries(names.map((each) => [each, all[each]!]));
        },
      };
    }
    refusePickle(file.read(0, Math.min(MAGIC, file.size)));
    const header = readSafetensorsHead(file);
    return {
      ...described(header, name),
      async tensors(names) {
        // Scales and codes belong together, so that of a quantized file all entries count.
        const entries = Object.hasOwn(header.metadata, QUANTIZATION_KEY)
          ? header.entries
          : Object.fromEntries(names.map((each) => [each, header.entries[each]!]));
        const wanted = { entries, metadata: header.metadata };
        try {
          await checkSafetensors(file, wanted);
        } catch (cause) {
          throw new Error(`${name}: ${messageOf(cause)}`, { cause });
        }
        const all = openSafetensors(file, { float32: true }, wanted);
        return Object.fromEntries(names.map((each) => [each, all[each]!]));
      },
    };
  });
}

const described = (header: SafetensorsHeader, name: string) => ({
  ...header,
  name,
  identity: saysAdapter(header.metadata) ? adapter : identify(header.entries),
});

const adapter: CheckpointIdentity = {
  kind: 'adapter',
  title: 'an adapter of SpatialLock, what a training learnt',
  parts: [],
  prefixes: { unet: '', vae: '' },
};

const MAGIC = 8;

function refusePickle(head: Uint8Array): void {
  if (isPickle(head)) throw new Error(`${pickleRefusal}; convert it with Python: ${pickleCommands.file}`);
}

/** The last part of a path, which is what a file's name can tell; folders around it tell of something else. */
export const fileName = ({ name }: Pick<Checkpoint, 'name'>): string => name.split(/[\\/]/).at(-1)!;

/** Does work whose errors begin with `name`. */
export function named<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${name}: ${messageOf(cause)}`, { cause });
  }
}

/** Throws an error that begins with `path` unless `openCheckpoint` gave it. */
export function checkCheckpoint(given: unknown, path = 'checkpoint'): void {
  checkMethods(given, ['tensors'], path, 'a checkpoint, as openCheckpoint() gives');
  const { identity, entries } = given as Partial<Checkpoint>;
  checkObject(identity, `${path}.identity`);
  checkObject(entries, `${path}.entries`);
}

/** The checkpoint; throws an error that says what it is where it is not one of `kinds`. */
export function requireKind(
  checkpoint: Checkpoint,
  kinds: readonly CheckpointIdentity['kind'][],
  wanted: string,
): Checkpoint {
  checkCheckpoint(checkpoint);
  checkList(kinds, 'kinds', 'kinds');
  const { identity, name } = checkpoint;
  if (identity.refusal !== undefined) throw new Error(`${name}: ${identity.refusal}`);
  if (kinds.includes(identity.kind)) return checkpoint;
  throw new Error(`${name}: is ${identity.title}; give ${wanted}`);
}
