import type { Value } from './value.js';

/**
 * Every value that the roots need, each after its inputs. Iterative: training graphs are deep.
 * `inputsOf` may name other values to come first than the inputs.
 */
export function topological(
  roots: Iterable<Value>,
  inputsOf: (value: Value) => readonly Value[] = (value) => value.inputs,
): Value[] {
  const order: Value[] = [];
  const done = new Set<Value>();
  const stack: { value: Value; inputs: readonly Value[]; next: number }[] = [];
  for (const root of roots) {
    if (!done.has(root)) {
      done.add(root);
      stack.push({ value: root, inputs: inputsOf(root), next: 0 });
    }
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const child = top.inputs[top.next++];
      if (!child) {
        order.push(top.value);
        stack.pop();
      } else if (!done.has(child)) {
        done.add(child);
        stack.push({ value: child, inputs: inputsOf(child), next: 0 });
      }
    }
  }
  return order;
}
