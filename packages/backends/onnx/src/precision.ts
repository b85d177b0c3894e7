import type { ComputePrecision } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';

/** What every device can be asked for. */
export interface PrecisionOption {
  /**
   * 'half': matrix products, convolutions and attention in half precision, with their weights kept so; everything else, and
   * every graph that trains, or that holds gradients of convolutions (as guidance through the U-Net does), in float32. Default 'float32'.
   */
  readonly precision?: ComputePrecision;
}

const PRECISIONS: readonly ComputePrecision[] = ['float32', 'half'];

/** Throws an error that begins with the name of the device where `precision` is none. */
export function checkPrecision({ precision }: PrecisionOption, device: string): void {
  if (precision === undefined || PRECISIONS.includes(precision)) return;
  throw new Error(`${device}: precision (${showValue(precision)}) must be 'float32' or 'half'`);
}
