// What is chosen by one condition for a whole tensor is computed only where it is chosen.

import { create } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type NodeProto,
  NodeProtoSchema,
} from './gen/onnx_pb.js';
import { nodeProto, valueInfoProto } from './messages.js';

/** The domain of nodes that `withBranches` makes branches of: condition, tensor where it holds, tensor elsewhere. */
export const CHOICE_DOMAIN = 'spatiallock.choice';

/**
 * Each choice as an If whose branches hold the nodes that nothing else reads. `roots` are names that are read from
 * outside. Nodes come and stay in an order in which they can be computed.
 */
export function withBranches(nodes: readonly NodeProto[], roots: readonly string[]): NodeProto[] {
  const readers = readersOf(nodes, roots);
  const moved = new Set<NodeProto>();
  const branches = new Map<NodeProto, NodeProto>();
  for (const [at, choice] of nodes.entries()) {
    if (choice.domain !== CHOICE_DOMAIN) continue;
    const [condition, chosen, other] = choice.input as [string, string, string];
    const bodies = [chosen, other].map((result) => {
      // What both sides or the condition read is computed in any case.
      const own = choice.input.filter((name) => name === result).length === 1;
      const body = own ? nodesFor(result, nodes.slice(0, at), choice, readers, moved) : [];
      for (const node of body) moved.add(node);
      return { result, body };
    });
    branches.set(choice, ifNode(choice, condition, bodies));
  }
  return nodes.filter((node) => !moved.has(node)).map((node) => branches.get(node) ?? node);
}

type Readers = ReadonlyMap<string, readonly (NodeProto | undefined)[]>;

/** The nodes that read each name; undefined stands for a root. */
function readersOf(nodes: readonly NodeProto[], roots: readonly string[]): Readers {
  const readers = new Map<string, (NodeProto | undefined)[]>();
  const note = (name: string, reader?: NodeProto): void => {
    const all = readers.get(name);
    if (all) all.push(reader);
    else readers.set(name, [reader]);
  };
  for (const node of nodes) for (const name of node.input) note(name, node);
  for (const name of roots) note(name);
  return readers;
}

/** The nodes before a choice that nothing but its `result` needs, in their order. */
function nodesFor(
  result: string,
  before: readonly NodeProto[],
  choice: NodeProto,
  readers: Readers,
  moved: ReadonlySet<NodeProto>,
): NodeProto[] {
  const own = new Set<NodeProto>();
  const isOwn = (name: string): boolean =>
    (readers.get(name) ?? []).every((reader) =>
      reader === choice ? name === result : reader !== undefined && own.has(reader),
    );
  for (const node of before.toReversed()) {
    const needed = node.output.some((name) => readers.has(name));
    if (needed && !moved.has(node) && node.domain !== CHOICE_DOMAIN && node.output.every(isOwn))
      own.add(node);
  }
  return before.filter((node) => own.has(node));
}

interface Body {
  readonly result: string;
  readonly body: readonly NodeProto[];
}

function ifNode(choice: NodeProto, condition: string, bodies: readonly Body[]): NodeProto {
  const shape = choice.attribute.find(({ name }) => name === 'shape')?.ints.map(Number) ?? [];
  const attribute = bodies.map(({ result, body }, i) => {
    const output = `${choice.name}/${i}`;
    const copy = { name: output, opType: 'Identity', domain: '', input: [result], output: [output] };
    return create(AttributeProtoSchema, {
      name: i === 0 ? 'then_branch' : 'else_branch',
      type: AttributeType.GRAPH,
      g: {
        name: output,
        node: [...body, nodeProto({ ...copy, attributes: {} })],
        output: [valueInfoProto(output, 'float32', shape)],
      },
    });
  });
  return create(NodeProtoSchema, {
    name: choice.name,
    opType: 'If',
    input: [condition],
    output: [...choice.output],
    attribute,
  });
}
