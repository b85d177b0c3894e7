import { messageOf } from '../checks/showValue.js';

/**
 * What went wrong with a device: it is not there, or was lost while in use; its memory is full; or it lacks
 * something that the graph needs.
 */
export type DeviceReason = 'unavailable' | 'lost' | 'out-of-memory' | 'missing-feature';

/** What a `DeviceError` says: the device, the kind of fault, the problem and the remedy. */
export interface DeviceErrorOptions {
  readonly device: string;
  readonly reason: DeviceReason;
  /** What happened, without a full stop. */
  readonly problem: string;
  /** What to try, as a whole sentence. */
  readonly advice: string;
  readonly cause?: unknown;
}

/** A device failed, not the graph: `device` names it, `reason` says how, `advice` what to try. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  readonly device: string;
  readonly reason: DeviceReason;
  readonly advice: string;

  constructor({ device, reason, problem, advice, cause }: DeviceErrorOptions) {
    const said = cause === undefined ? '' : ` The runtime said: ${messageOf(cause)}`;
    super(`${device}: ${problem}. ${advice}${said}`, { cause });
    this.device = device;
    this.reason = reason;
    this.advice = advice;
  }
}
