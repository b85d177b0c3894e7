/** Where sampling stands: the call of the U-Net from 0, of how many. Some schedulers call it more than once a step. */
export interface CallProgress {
  readonly call: number;
  readonly calls: number;
}
