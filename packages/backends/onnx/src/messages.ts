// Plain values to ONNX messages.

import { create } from '@bufbuild/protobuf';
import type { DType, Shape } from '@spatiallock/core';
import type { StoredHalves } from '@spatiallock/core/graph';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type NodeProto,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './gen/onnx_pb.js';

/** Whole numbers are INT(S); wrap a number in `float` to get FLOAT. */
export type Attribute = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

/** Where an initialiser's bytes lie outside the model. */
export interface ExternalBytes {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** ONNX's number of an element type; float16 is computed in float32 on devices without it. */
export function dataTypeOf(dtype: DType | 'int64'): DataType {
  switch (dtype) {
    case 'float32':
    case 'float16':
      return DataType.FLOAT;
    case 'int32':
      return DataType.INT32;
    case 'bool':
      return DataType.BOOL;
    case 'int64':
      return DataType.INT64;
  }
}

/** ONNX's number of a type that parameters are kept in. */
export const storedTypeOf = (dtype: StoredHalves['dtype']): DataType =>
  dtype === 'float16' ? DataType.FLOAT16 : DataType.BFLOAT16;

function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

export interface NodeParts {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes: Attributes;
}

export function nodeProto({ name, opType, domain, input, output, attributes }: NodeParts): NodeProto {
  const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
  return create(NodeProtoSchema, { name, opType, domain, input: [...input], output: [...output], attribute });
}

export function tensorProto(name: string, dataType: number, shape: Shape, rawData: Uint8Array): TensorProto {
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
}

/** An initialiser whose numbers stay in a file (or in a buffer that goes by that name). */
export function externalTensorProto(
  name: string,
  dataType: number,
  shape: Shape,
  { path, offset, length }: ExternalBytes,
): TensorProto {
  const entries = { location: path, offset: String(offset), length: String(length) };
  return create(TensorProtoSchema, {
    name,
    dataType,
    dims: shape.map(BigInt),
    dataLocation: DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  });
}

export function valueInfoProto(name: string, dtype: DType, shape: Shape): ValueInfoProto {
  const dim = shape.map((n) => ({ dimValue: BigInt(n) }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { tensorType: { elemType: dataTypeOf(dtype), shape: { dim } } },
  });
}

/** The bytes behind a typed array, without a copy. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
