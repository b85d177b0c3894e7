import type { Value } from './value.js';

/** Every value that the roots need, each after its inputs. Iterative: training graphs are deep. */
export function topological(roots: Iterable<Value>): Value[] {
  const order: Value[] = [];
  const done = new Set<Value>();
  const stack: { value: Value; next: number }[] = [];
  for (const root of roots) {
    if (!done.has(root)) {
      done.add(root);
      stack.push({ value: root, next: 0 });
    }
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const child = top.value.inputs[top.next++];
      if (!child) {
        order.push(top.value);
        stack.pop();
      } else if (!done.has(child)) {
        done.add(child);
        stack.push({ value: child, next: 0 });
      }
    }
  }
  return order;
}
