// Parameters of an inference graph: constants of the model whose numbers stay outside its protobuf, which may
// not exceed 2 GB, in memory that is shared with the runtime or in a checkpoint's file.

import {
  type FilePlace,
  type Shape,
  sizeOf,
  type Tensor,
  type Tensors,
  type Value,
  type Values,
} from '@spatiallock/core';
import type { StoredBytes, StoredCodes } from '@spatiallock/core/graph';
import type { InferenceSession } from 'onnxruntime-common';
import { codeShape, codesFor } from './coded.js';
import { codeTypes } from './codeTypes.js';
import type { TensorProto } from './gen/onnx_pb.js';
import { bytesOf, dataTypeOf, externalTensorProto, storedTypeOf, tensorProto } from './messages.js';
import { withSessionConfig } from './sessionConfig.js';
import { runtimeData } from './tensors.js';

/** What is smaller lies in the model itself. */
const INLINE_BYTES = 1024;

/**
 * What large parameters in memory may weigh beside others in files: they then stand in the model's protobuf, which ends at
 * 2 GB and is copied.
 */
const MOST_IN_MODEL = 2 ** 29;

/**
 * The folder below which the runtime is to read parameters from files itself; undefined where all go through memory. A
 * session takes what lies outside of its model from files below one folder or from memory, never from both. Files of
 * several folders are read from the one that holds them all.
 */
export function folderOf(wanted: Values, params: Tensors): string | undefined {
  let folder: string | undefined;
  let inMemory = 0;
  const parts = Object.entries(wanted).flatMap(([name, value]) => partsOf(value, params[name]!));
  for (const { bytes, place } of parts) {
    if (bytes <= INLINE_BYTES) continue;
    if (!place) {
      inMemory += bytes;
      continue;
    }
    const own = folderIn(place.path);
    folder = folder === undefined ? own : commonFolder(folder, own);
    if (folder === '') return undefined;
  }
  return inMemory <= MOST_IN_MODEL ? folder : undefined;
}

/** Up to the last separator, which stays. */
const folderIn = (path: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** The deepest folder above two that end with a separator; empty where there is none, as on two drives of Windows. */
function commonFolder(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return folderIn(a.slice(0, length));
}

/** A parameter's numbers as they are kept: in float32, or as halves that the model widens. */
interface Kept {
  readonly type: number;
  readonly bytes: number;
  /** Where a file that the runtime can open holds them as they are. */
  readonly place?: Required<FilePlace>;
  read(): Uint8Array;
}

/** All that stands in files or in memory of a parameter. */
function partsOf(value: Value, given: Tensor): readonly Kept[] {
  const coded = codesFor(value, given);
  return coded ? keptCodes(value.shape, coded, false).map(({ kept }) => kept) : [keptAs(value, given)];
}

/** Codes and scales, with the shapes under which they stand in the model. */
function keptCodes(shape: Shape, coded: StoredCodes, packed: boolean) {
  const { int8, uint8, uint4 } = codeTypes;
  const type = coded.bits === 8 ? int8 : packed ? uint8 : uint4;
  const rows = shape[0] ?? 1;
  const blocks = Math.ceil(sizeOf(shape.slice(1)) / coded.block);
  return [
    { suffix: '', shape: codeShape(shape, coded, packed), kept: keptBytes(type, coded.codes) },
    {
      suffix: '.scales',
      shape: coded.bits === 8 ? [rows] : packed ? [rows * blocks] : [rows, blocks],
      kept: keptBytes(dataTypeOf('float32'), coded.scales),
    },
  ];
}

function keptBytes(type: number, stored: StoredBytes): Kept {
  const bytes = stored.place ? stored.place.length : stored.data.byteLength;
  const place = openable(stored.place);
  return {
    ...{ type, bytes },
    ...(place && bytes > INLINE_BYTES ? { place } : {}),
    read: () => stored.data,
  };
}

function keptAs({ dtype, shape }: Pick<Value, 'dtype' | 'shape'>, given: Tensor): Kept {
  const { stored } = given;
  const count = sizeOf(shape);
  const kept =
    dtype === 'float32' && stored && 2 * count > INLINE_BYTES
      ? {
          type: storedTypeOf(stored.dtype),
          bytes: 2 * count,
          place: stored.place,
          read: () => bytesOf(stored.data),
        }
      : {
          type: dataTypeOf(dtype),
          bytes: 4 * count,
          place: dtype === 'float32' && given.dtype === 'float32' ? given.place : undefined,
          read: () => bytesOf(runtimeData(given)),
        };
  const { place: found, ...rest } = kept;
  const place = openable(found);
  return place?.length === kept.bytes && kept.bytes > INLINE_BYTES ? { ...rest, place } : rest;
}

/** A place in a file that the runtime can open itself. */
const openable = (place: FilePlace | undefined): Required<FilePlace> | undefined =>
  place?.path === undefined ? undefined : { ...place, path: place.path };

/** What stands in the model of a parameter: its numbers, or codes and scales. `packed`: as products take codes. */
export type Initializer = (name: string, value: Value, packed: boolean) => readonly TensorProto[];

/**
 * Initialisers for `params`, and the buffers that hold the numbers of those that do not lie in files: all of them where
 * there is no `folder`, see `folderOf`.
 */
export function constantParameters(params: Tensors, folder: string | undefined) {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const proto = (label: string, shape: Shape, { type, place, read }: Kept): TensorProto => {
    if (place && folder !== undefined) {
      const { offset, length } = place;
      return externalTensorProto(label, type, shape, {
        path: place.path.slice(folder.length),
        offset,
        length,
      });
    }
    const data = read();
    if (data.length <= INLINE_BYTES || folder !== undefined) return tensorProto(label, type, shape, data);
    const path = `parameter.${externalData.length}`;
    externalData.push({ path, data });
    return externalTensorProto(label, type, shape, { path, offset: 0, length: data.length });
  };
  const initializer: Initializer = (name, value, packed) => {
    const label = `param:${name}`;
    const coded = codesFor(value, params[name]!);
    if (!coded) return [proto(label, value.shape, keptAs(value, params[name]!))];
    return keptCodes(value.shape, coded, packed).map(({ suffix, shape, kept }) =>
      proto(label + suffix, shape, kept),
    );
  };
  const codes = (name: string, value: Value): StoredCodes | undefined => codesFor(value, params[name]!);
  return { initializer, codes, externalData };
}

/** Tells the runtime in which folder the files are: it takes no paths that lead out of one. */
export function folderOptions(
  options: InferenceSession.SessionOptions,
  folder: string | undefined,
): InferenceSession.SessionOptions {
  if (folder === undefined) return options;
  return withSessionConfig(options, { model_external_initializers_file_folder_path: folder });
}
