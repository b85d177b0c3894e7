import { readSafetensors, writeSafetensors } from '@spatiallock/core/io';

/** A safetensors file without the tensors whose names match; the same bytes where none does. */
export function withoutTensors(bytes: Uint8Array, without: RegExp): Uint8Array {
  const all = Object.entries(readSafetensors(bytes));
  const kept = all.filter(([name]) => !without.test(name));
  return kept.length < all.length ? writeSafetensors(Object.fromEntries(kept)) : bytes;
}
