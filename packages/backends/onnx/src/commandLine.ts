// How the process was started, which onnxruntime-node reads on Linux.

/**
 * Bytes of a command line that onnxruntime-node surely reads. For its telemetry, on Linux, it matches /proc/self/cmdline with a
 * regular expression that recurses for each byte: some 15,000 overflow the stack of a worker thread, some 30,000 that of the main
 * thread, and the process ends by a segmentation fault.
 */
const MOST_BYTES = 10_000;

/** Throws an error where onnxruntime-node could not read the command line of a process started with these words. */
export function checkCommandLine(words: readonly string[], platform: string): void {
  if (platform !== 'linux') return;
  const bytes = new TextEncoder().encode(words.join(' ')).length;
  if (bytes <= MOST_BYTES) return;
  throw new Error(
    `onnxruntime-node cannot be started by a command line of ${bytes} bytes, at most ${MOST_BYTES}; give long texts in files, or start the process with ORT_DISABLE_TELEMETRY=1`,
  );
}
