/** Devices of a browser that must pass the suite. */
export const browserDevices = ['onnx-wasm', 'tfjs-wasm', 'onnx-webgpu', 'tfjs-webgpu'] as const;
export type BrowserDevice = (typeof browserDevices)[number];

/** What became of a case: nothing to say where it passed. */
export interface Outcome {
  readonly error?: string;
}
