/** Where sampling stands. Some schedulers call the U-Net more than once for a denoising step; each call counts here. */
export interface CallProgress {
  /** Index of the call of the U-Net, from 0; diffusers' `step_index`. */
  readonly stepIndex: number;
  /** Calls of the U-Net in all. */
  readonly calls: number;
}
