import {
  type Graph,
  input,
  inputOp,
  isLeaf,
  parameterOp,
  topological,
  type Value,
  type Values,
  withInputs,
} from '../graph/index.js';
import { attrsOf, type LeafAttrs } from '../graph/value.js';

/**
 * The graph that computes `outputs`, with an input in place of each value for which `given` returns a name, and without what only
 * those values need. Other inputs and parameters keep their names. `given` is called once for each value.
 */
export function subgraph(outputs: Values, given: (value: Value) => string | undefined): Graph {
  const inputs: Record<string, Value> = {};
  const params: Record<string, Value> = {};
  const inside = new Map<Value, Value>();
  const names = new Map<Value, string>();
  const needs = (value: Value): readonly Value[] => {
    const name = given(value);
    if (name === undefined) return value.inputs;
    names.set(value, name);
    return [];
  };
  for (const value of topological(Object.values(outputs), needs)) {
    const name = names.get(value);
    if (name !== undefined) inside.set(value, input(name, value.shape, value.dtype));
    else if (isLeaf(value)) inside.set(value, value);
    else
      inside.set(
        value,
        withInputs(
          value,
          value.inputs.map((x) => inside.get(x)!),
        ),
      );
    const leaf = inside.get(value)!;
    if (leaf.op === inputOp) inputs[attrsOf<LeafAttrs>(leaf).name] = leaf;
    if (leaf.op === parameterOp) params[attrsOf<LeafAttrs>(leaf).name] = leaf;
  }
  const wanted = Object.entries(outputs).map(([name, value]) => [name, inside.get(value)!] as const);
  return { inputs, params, outputs: Object.fromEntries(wanted) };
}
