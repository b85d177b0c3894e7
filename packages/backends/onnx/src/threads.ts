// How many threads share one operation by default.

type ReadText = (path: string) => string;

/**
 * One thread for each core, of those that the process may use; undefined leaves it to the runtime. On Linux the kernel is asked:
 * the runtime asks the processor itself, which in virtual machines may answer that two cores are two threads of one.
 */
export function defaultThreads(
  platform = process.platform,
  available = process.getBuiltinModule('node:os').availableParallelism(),
  read: ReadText = (path) => process.getBuiltinModule('node:fs').readFileSync(path, 'utf8'),
): number | undefined {
  return platform === 'linux' ? Math.min(available, coresOfLinux(read) ?? available) : undefined;
}

/** Physical cores that are online; undefined where the kernel does not tell, as in some sandboxes. */
function coresOfLinux(read: ReadText): number | undefined {
  try {
    const siblings = numbersOf(read(`${CPUS}/online`)).map((cpu) =>
      read(`${CPUS}/cpu${cpu}/topology/thread_siblings_list`).trim(),
    );
    return new Set(siblings).size || undefined;
  } catch {
    return undefined;
  }
}

const CPUS = '/sys/devices/system/cpu';

/** A list of the kernel, such as `0-3,8`. */
const numbersOf = (list: string): number[] =>
  list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number) as [number, number?];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
