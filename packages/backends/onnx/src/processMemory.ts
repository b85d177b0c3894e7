/** Bytes of memory that this process may take: those of the machine, or of the container that it runs in where that has a limit. */
export function processMemory(
  total = process.getBuiltinModule('node:os').totalmem(),
  limit: number | undefined = process.constrainedMemory?.(),
): number {
  // Without a limit it is 0, undefined or more than any machine has, by the runtime, its version and the kernel's.
  return limit ? Math.min(total, limit) : total;
}
