// What a pipeline tells while it loads and compiles.

import type { AbortSignalLike } from '../abort.js';
import type { FileSource } from '../io/files.js';

/** A step of loading: a file that was read, a component that was built, a graph before and after it is compiled. */
export type PipelineProgress =
  /** A file was read, or opened where it stays on its disk. */
  | { readonly type: 'file'; readonly path: string; readonly bytes: number }
  /** A component stands ready: `unet`, of the class UNet2DConditionModel. */
  | { readonly type: 'component'; readonly name: string; readonly className: string }
  /** A graph begins to be compiled, or is done; `graph` tells its sizes: `batch 2, objects 4`. */
  | { readonly type: 'compile'; readonly component: string; readonly graph: string; readonly done: boolean };

/** Receives the progress of loading and compiling. */
export type OnProgress = (progress: PipelineProgress) => void;

/** The same files, reported as they are read; reading stops when the signal is aborted. */
export function watchedFiles(
  files: FileSource,
  onProgress?: OnProgress,
  signal?: AbortSignalLike,
): FileSource {
  const exists = files.exists?.bind(files);
  const onDisk: FileSource['onDisk'] =
    files.onDisk &&
    (async (path) => {
      signal?.throwIfAborted();
      const file = await files.onDisk!(path);
      if (file) onProgress?.({ type: 'file', path, bytes: file.size });
      return file;
    });
  const weights: FileSource['weights'] =
    files.weights &&
    (async (component, options) => {
      signal?.throwIfAborted();
      return files.weights!(component, options);
    });
  return {
    async read(path) {
      signal?.throwIfAborted();
      const bytes = await files.read(path);
      if (bytes) onProgress?.({ type: 'file', path, bytes: bytes.byteLength });
      return bytes;
    },
    ...(exists ? { exists } : {}),
    ...(onDisk ? { onDisk } : {}),
    ...(weights ? { weights } : {}),
  };
}
