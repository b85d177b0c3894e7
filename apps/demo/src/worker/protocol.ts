// All that the page and its worker say to each other.

import type { Box, Detection, DeviceReason, Layout } from '@spatiallock/core';
import type { Category } from '@spatiallock/core/modules';
import type { EvaluatedObject } from '@spatiallock/evaluation';
import type { ModelGiven } from '@spatiallock/web';
import type { Mode } from '../state/settings.js';

export type DeviceId = 'onnx-wasm' | 'onnx-webgpu' | 'tfjs-webgpu' | 'tfjs-wasm' | 'tfjs-cpu';

/** An 8-bit RGB picture, `data[(y * width + x) * 3 + channel]`; its buffer changes hands. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** A model of the visitor's. */
export interface GivenModel extends ModelGiven {
  /** It was open before the page was loaded anew: what is kept of it is not asked for. */
  readonly preferKept?: boolean;
}

/** A picture that is painted over. */
export interface JobSource {
  readonly picture: Picture;
  /** What is painted anew: all that lies in one of these boxes; undefined: the whole picture. */
  readonly boxes?: readonly Box[];
  /** How far from the picture, 0..1. */
  readonly strength: number;
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
  /** Objects below this share of the picture's side are painted again, enlarged; 0 is none. */
  readonly details: number;
  /** The same picture is then asked for with details: what they need is loaded before anything is compiled. */
  readonly detailsFollow?: true;
  /** Whether previews are decoded, at most one a second. */
  readonly previews: boolean;
  /** What is painted over; undefined: painting starts from noise. */
  readonly source?: JobSource;
  /** Pixels of both sides; undefined: the model's own. */
  readonly side?: number;
}

export type Request =
  /** Loads a model, once, and makes it ready on a device; without one given the site's own. */
  | {
      readonly type: 'load';
      readonly base: string;
      readonly device: DeviceId;
      readonly model?: GivenModel;
      /** The most bytes of weights that are computed with at once, of a visitor's model. */
      readonly partBytes?: number;
      /** The bytes of an adapter's file, which is laid over the site's own model. */
      readonly adapter?: Uint8Array<ArrayBuffer>;
    }
  /** Tests a device with a small network. */
  | { readonly type: 'probe'; readonly base: string; readonly device: DeviceId }
  | { readonly type: 'generate'; readonly id: string; readonly job: Job }
  | { readonly type: 'cancel'; readonly id: string };

/** What a model of the visitor's is, and what it can do here. */
export interface OwnModelFacts {
  readonly title: string;
  readonly lines: readonly string[];
  /** Pixels of a side of its own pictures, and of what they are multiples. */
  readonly side: number;
  readonly sideStep: number;
}

/** What the page must know of a model. */
export interface ModelFacts {
  readonly name: string;
  /** Undefined: the site's own model. */
  readonly own?: OwnModelFacts;
  readonly device: DeviceId;
  /** What its self-test said. */
  readonly probe: Probe;
  /** The words that the model learnt; undefined: any word may be used. */
  readonly words?: readonly string[];
  /** What a training taught it, which captions may name. */
  readonly categories: readonly Category[];
  readonly imageSize: { readonly width: number; readonly height: number };
  readonly defaults: {
    readonly steps: number;
    readonly guidanceScale: number;
    readonly scheduler: string;
    /** As a job has them. */
    readonly details: number;
  };
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
  /** Bytes of the model and the runtime that are here, of how many; of one file where it is named. */
  | { readonly type: 'progress'; readonly loaded: number; readonly total: number; readonly file?: string }
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
      /** What there is to see: after the last call the picture itself, which is yet to be judged. */
      readonly preview?: Picture;
    }
  | {
      readonly type: 'done';
      readonly id: string;
      readonly picture: Picture;
      readonly judged: readonly EvaluatedObject[];
      readonly detections: readonly Detection[];
      /** The negative prompt changed nothing, for no call had an unconditional half. */
      readonly ignoredNegative: boolean;
    }
  | { readonly type: 'failed'; readonly id: string; readonly fault: Fault }
  | { readonly type: 'cancelled'; readonly id: string };
