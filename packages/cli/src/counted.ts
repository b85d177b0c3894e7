// Numbers with their nouns.

/** `1 layout`, `2 layouts`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;
