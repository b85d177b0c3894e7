// What may be said of a download from the hub.

import type { RequestOptions } from './request.js';
import type { HubSettings } from './settings.js';

/** Bytes of a file that are here, of how many. */
export interface DownloadProgress {
  /** The file that is being fetched. */
  readonly path: string;
  /** Bytes that are there, of all files, and how many there will be. */
  readonly bytes: number;
  readonly total: number;
}

/** Options of downloads from the hub. */
export interface HubOptions extends Pick<RequestOptions, 'signal' | 'wait'> {
  /** A branch, a tag or a commit; default `main`. */
  readonly revision?: string;
  /** For private and gated models; default: HF_TOKEN or what `huggingface-cli login` saved. */
  readonly token?: string;
  /** Which form of weights is downloaded and read, such as `fp16`; default: float32 where there is a choice. */
  readonly variant?: string;
  /** Called as bytes arrive. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Called with faults that do not stop the work, such as a hub that cannot be reached. */
  readonly onWarning?: (message: string) => void;
  /** Default: the environment's, see `hubSettings`. */
  readonly settings?: HubSettings;
}
