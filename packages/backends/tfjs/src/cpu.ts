import type { Backend } from '@spatiallock/core';
import { packageMissing } from '@spatiallock/core/backend';
import { tfjsBackend } from './backend.js';
import { peers } from './peers.js';

/** Plain JavaScript, everywhere; slow. Needs `@tensorflow/tfjs-backend-cpu`. */
export function cpu(): Backend {
  return tfjsBackend('tfjs-cpu', async () => {
    const name = 'tfjs-cpu';
    const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu').catch((cause) => {
      throw packageMissing(name, '@tensorflow/tfjs-backend-cpu', peers, cause);
    });
    const storage = new MathBackendCPU();
    return { name, kernels: 'cpu', storage, sharesMemory: true, dispose: () => storage.dispose() };
  });
}
