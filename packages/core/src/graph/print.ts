import { checkObject } from '../checks/index.js';
import { topological } from './traverse.js';
import { type Attrs, constantOp, type Graph, inputOp, parameterOp, scalarOf, type Value } from './value.js';

/**
 * The graph as text: inputs and parameters by name, then one line per node in the order of computation, such as
 * `%12 = conv2d(%3, unet.conv_in.weight) {stride: [1, 1], groups: 1} : [1, 320, 64, 64]`, then outputs and updates.
 * Constants of one number stand where they are used.
 */
export function printGraph(graph: Graph): string {
  const { inputs, params, outputs } = checkObject(graph, 'graph');
  for (const [name, values] of Object.entries({ inputs, params, outputs }))
    checkObject(values, `graph.${name}`);
  const results = [...Object.entries(graph.outputs), ...Object.entries(graph.updates ?? {})];
  const order = topological(results.map(([, value]) => value));
  const names = new Map<Value, string>();
  let count = 0;
  for (const value of order) names.set(value, inlineName(value) ?? `%${count++}`);
  const refer = (value: Value) => names.get(value) ?? value.op.name;
  return [
    ...Object.entries(graph.inputs).map(([name, value]) => `input ${name} : ${type(value)}`),
    ...Object.entries(graph.params).map(([name, value]) => `parameter ${name} : ${type(value)}`),
    ...order.filter((value) => inlineName(value) === undefined).map((value) => line(value, refer)),
    ...Object.entries(graph.outputs).map(([name, value]) => `output ${name} = ${refer(value)}`),
    ...Object.entries(graph.updates ?? {}).map(([name, value]) => `update ${name} = ${refer(value)}`),
  ].join('\n');
}

/** What a value is called where it is used, if it needs no line of its own. */
function inlineName(value: Value): string | undefined {
  if (value.op === inputOp || value.op === parameterOp) return String(value.attrs.name);
  return scalarOf(value)?.toString();
}

function line(value: Value, refer: (value: Value) => string): string {
  if (value.op === constantOp) return `${refer(value)} = constant : ${type(value)}`;
  const inputs = value.inputs.map(refer).join(', ');
  return `${refer(value)} = ${value.op.name}(${inputs})${attributes(value.attrs)} : ${type(value)}`;
}

function attributes(attrs: Attrs): string {
  const parts = Object.entries(attrs).map(([name, attr]) => `${name}: ${text(attr)}`);
  return parts.length > 0 ? ` {${parts.join(', ')}}` : '';
}

function text(attr: unknown): string {
  if (Array.isArray(attr)) return `[${attr.map(text).join(', ')}]`;
  return typeof attr === 'object' ? 'object' : String(attr);
}

function type(value: Value): string {
  return `[${value.shape.join(', ')}]${value.dtype === 'float32' ? '' : ` ${value.dtype}`}`;
}
