import { codeOf } from './fileFault.js';

/** Whether a process of that number runs on this machine, also another user's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === 'EPERM';
  }
}
