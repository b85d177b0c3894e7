/** Bytes of memory that this process may take: those of the machine, or of the container that it runs in where that has a limit. */
export function processMemory(
  total = process.getBuiltinModule('node:os').totalmem(),
  limit: number | undefined = process.constrainedMemory(),
): number {
  // Without a limit it is 0, undefined or more than any machine has, by the version of Node and of the kernel.
  return limit ? Math.min(total, limit) : total;
}
