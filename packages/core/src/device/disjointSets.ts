/** Sets of things that were joined, each known by one of its members (union-find). */
export interface DisjointSets<T> {
  /** The member that stands for the set of `item`, itself where it was never joined. */
  find(item: T): T;
  join(a: T, b: T): void;
}

export function disjointSets<T>(): DisjointSets<T> {
  const parents = new Map<T, T>();
  const find = (item: T): T => {
    let root = item;
    for (let next = parents.get(root); next !== undefined; next = parents.get(root)) root = next;
    for (let at = item; at !== root; ) {
      const next = parents.get(at)!;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  return {
    find,
    join(a, b) {
      const [x, y] = [find(a), find(b)];
      if (x !== y) parents.set(y, x);
    },
  };
}
