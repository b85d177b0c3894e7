// All that the page and its worker say to each other.

import type { Detection, DeviceReason, Layout } from '@spatiallock/core';
import type { EvaluatedObject } from '@spatiallock/evaluation';
import type { Mode } from '../state/settings.js';

export type DeviceId = 'onnx-wasm' | 'onnx-webgpu' | 'tfjs-webgpu' | 'tfjs-wasm' | 'tfjs-cpu';

/** An 8-bit RGB picture, `data[(y * width + x) * 3 + channel]`; its buffer changes hands. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** One picture to be made. */
export interface Job {
  readonly layout: Layout;
  readonly mode: Mode;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: string;
  readonly strength: number;
  /** Of a move against the detector's gradient; counts in the mode `guided`. */
  readonly guideStrength: number;
  /** Whether a preview is decoded after each step. */
  readonly previews: boolean;
}

export type Request =
  /** Loads the model, once, and makes it ready on a device. */
  | { readonly type: 'load'; readonly base: string; readonly device: DeviceId }
  /** Tests a device with a small network. */
  | { readonly type: 'probe'; readonly base: string; readonly device: DeviceId }
  | { readonly type: 'generate'; readonly id: string; readonly job: Job }
  | { readonly type: 'cancel'; readonly id: string };

/** What the page must know of a model. */
export interface ModelFacts {
  readonly name: string;
  readonly device: DeviceId;
  /** What its self-test said. */
  readonly probe: Probe;
  /** The words that the model learnt; undefined: any word may be used. */
  readonly words?: readonly string[];
  readonly imageSize: { readonly width: number; readonly height: number };
  readonly defaults: { readonly steps: number; readonly guidanceScale: number; readonly scheduler: string };
  readonly schedulers: readonly string[];
  /** What the built-in detector tells apart. */
  readonly labels: readonly string[];
}

export interface Fault {
  readonly message: string;
  /** Where a device failed and not the request. */
  readonly reason?: DeviceReason | 'device';
}

export type Probe =
  /** Milliseconds of one run of the test network, and what there is to know, such as the number of threads. */
  | { readonly passed: true; readonly milliseconds: number; readonly note?: string }
  | { readonly passed: false; readonly why: string };

export type Reply =
  /** Bytes of the model and the runtime that are here, of how many. */
  | { readonly type: 'progress'; readonly loaded: number; readonly total: number }
  | { readonly type: 'ready'; readonly facts: ModelFacts }
  | { readonly type: 'loadFailed'; readonly device: DeviceId; readonly fault: Fault }
  | { readonly type: 'probed'; readonly device: DeviceId; readonly probe: Probe }
  /** The worker prepares a graph; the first picture of a kind waits for it. */
  | { readonly type: 'compiling'; readonly id: string; readonly component: string }
  /** After each call of the U-Net. */
  | {
      readonly type: 'step';
      readonly id: string;
      readonly stepIndex: number;
      readonly calls: number;
      /** Of this call alone. */
      readonly milliseconds: number;
      readonly preview?: Picture;
    }
  | {
      readonly type: 'done';
      readonly id: string;
      readonly picture: Picture;
      readonly judged: readonly EvaluatedObject[];
      readonly detections: readonly Detection[];
    }
  | { readonly type: 'failed'; readonly id: string; readonly fault: Fault }
  | { readonly type: 'cancelled'; readonly id: string };
