// A graph as an ONNX file for other programs: plain names, numbers left in the checkpoint's files beside it.

import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { Graph, Tensors } from '@spatiallock/core';
import { checkTensors } from '@spatiallock/core/backend';
import { checkObject, checkText } from '@spatiallock/core/checks';
import { buildModel } from './build.js';
import { type GraphProto, ModelProtoSchema } from './gen/onnx_pb.js';
import { constantParameters } from './weights.js';

/**
 * The bytes of an ONNX model of an inference graph. Inputs, outputs and initialisers have the names that the graph gives
 * them. Parameters with a `place` below `folder`, which ends with a separator, stay in their file (external data, with paths
 * from that folder on, where the model has to be written); others stand in the model. Throws where a parameter is missing.
 */
export function exportModel(graph: Graph, params: Tensors, folder: string): Uint8Array {
  checkObject(checkObject(graph, 'graph').params, 'graph.params');
  checkText(folder, 'folder', 'the path of a folder');
  checkTensors('params', graph.params, params);
  const outside = Object.entries(params).find(([, { place, stored, coded }]) => {
    const from = (place ?? stored?.place ?? coded?.codes.place)?.path;
    return from !== undefined && !from.startsWith(folder);
  });
  if (outside) throw new Error(`params.${outside[0]}: its file does not lie below ${folder}`);
  const { bytes } = buildModel(graph, constantParameters(params, folder));
  const model = fromBinary(ModelProtoSchema, bytes);
  const inner = model.graph;
  if (!inner) return bytes;
  renamePlainly(inner);
  return toBinary(ModelProtoSchema, model);
}

const plain = (name: string): string => name.replace(/^(input|param|output):/, '');

/** Drops what the names of a graph's ends begin with, in its branches, too. */
function renamePlainly({ node, initializer, input, output }: GraphProto): void {
  for (const each of node) {
    each.input = each.input.map(plain);
    each.output = each.output.map(plain);
    for (const { g } of each.attribute) if (g) renamePlainly(g);
  }
  for (const each of [...initializer, ...input, ...output]) each.name = plain(each.name);
}
