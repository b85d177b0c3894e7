import type { ComputePrecision } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';

/** What every device can be asked for. */
export interface PrecisionOption {
  /**
   * 'half': matrix products, convolutions and attention in half precision, with weights that do not learn kept so; everything else in
   * float32, and so is every graph with gradients (as guidance through the U-Net has), but for training whose loss is scaled, as that of
   * `trainStage` is then. Default 'float32'.
   */
  readonly precision?: ComputePrecision;
}

const PRECISIONS: readonly ComputePrecision[] = ['float32', 'half'];

/** Throws an error that begins with the name of the device where `precision` is none. */
export function checkPrecision({ precision }: PrecisionOption, device: string): void {
  if (precision === undefined || PRECISIONS.includes(precision)) return;
  throw new Error(`${device}: precision (${showValue(precision)}) must be 'float32' or 'half'`);
}
