export interface ArrayView<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** Bytes as numbers, without a copy where their place in memory allows it. */
export function viewOf<T>(kind: ArrayView<T>, { buffer, byteOffset: at, byteLength }: Uint8Array): T {
  const length = byteLength / kind.BYTES_PER_ELEMENT;
  if (at % kind.BYTES_PER_ELEMENT === 0) return new kind(buffer, at, length);
  return new kind(buffer.slice(at, at + byteLength), 0, length);
}
