// Pictures that earlier visits kept, looked over before they are used: a picture is kept wherever it is whole, and what is
// known of it where that is what it should be.

import { type Detection, type Layout, parseBox, parseLayout } from '@spatiallock/core';
import type { EvaluatedObject } from '@spatiallock/evaluation';
import { wholePicture } from '../pictures/wholePicture.js';
import { extraIn } from './document.js';
import { colourOf } from './drawing.js';
import { repairDrawing } from './kept.js';
import { layoutFields } from './pluginSettings.js';
import {
  type Mode,
  modeNames,
  type Sampling,
  samplingKeys,
  samplingOf,
  standardSettings,
} from './settings.js';
import type { Shot, ShotStatus } from './shots.js';

type Fields = Readonly<Record<string, unknown>>;

const finishedStates: ReadonlySet<unknown> = new Set<ShotStatus>(['done', 'failed', 'cancelled']);

/** A whole picture, or one that failed or was cancelled; undefined where whatever was kept is none. Never throws. */
export function readShot(value: unknown): Shot | undefined {
  if (!isRecord(value)) return undefined;
  const { id, status, colours, times, mode, place, extra, title, message, judged, detections } = value;
  const [drawing, layout] = [repairDrawing(value.drawing), readLayout(value.layout)];
  const sampling = readSampling(value.sampling);
  const picture = wholePicture(value.picture);
  if (typeof id !== 'string' || !finishedStates.has(status) || !drawing || !layout || !sampling) {
    return undefined;
  }
  if (!picture && (status === 'done' || value.picture !== undefined)) return undefined;
  const [calls, stepIndex] = [countOf(value.calls), countOf(value.stepIndex)];
  return {
    ...{ id, drawing, layout, sampling, seed: sampling.seed, status: status as ShotStatus },
    run: countOf(value.run),
    compared: value.compared === true,
    colours: areAll(colours, isText) ? colours : drawing.objects.map(colourOf),
    mode: typeof mode === 'string' && Object.hasOwn(modeNames, mode) ? (mode as Mode) : 'held',
    calls: Math.max(1, calls),
    stepIndex,
    times: areAll(times, isNumber) ? times : [],
    ...(isText(place) ? { place } : {}),
    ...(isRecord(extra) ? { extra: extraIn(extra) } : {}),
    ...(value.adopted === true ? { adopted: true } : {}),
    ...(value.live === true ? { live: true } : {}),
    ...(isText(title) ? { title } : {}),
    ...(isText(message) ? { message } : {}),
    ...(picture ? { picture } : {}),
    ...(areAll(judged, isJudged) ? { judged } : {}),
    ...(areAll(detections, isDetection) ? { detections } : {}),
  };
}

function readLayout(given: unknown): Layout | undefined {
  try {
    return parseLayout(given, [], layoutFields);
  } catch {
    return undefined;
  }
}

/** Pictures that were kept before there were details have none. */
const standards: Sampling = { ...samplingOf(standardSettings), details: 0 };

/** As it was sampled, also where this version of the page has no such scheduler. */
function readSampling(given: unknown): Sampling | undefined {
  if (!isRecord(given)) return undefined;
  const entries = samplingKeys.map((key) => {
    const { [key]: standard } = standards;
    const { [key]: value } = given;
    const isUsable = typeof standard === 'number' ? isNumber(value) : isText(value);
    return [key, isUsable ? value : standard];
  });
  return Object.fromEntries(entries) as unknown as Sampling;
}

const isRecord = (given: unknown): given is Fields => typeof given === 'object' && given !== null;
const isText = (given: unknown): given is string => typeof given === 'string';
const isNumber = (given: unknown): given is number => typeof given === 'number' && Number.isFinite(given);
const countOf = (given: unknown): number => (isNumber(given) && given >= 0 ? Math.floor(given) : 0);

const areAll = <T>(given: unknown, is: (value: unknown) => value is T): given is readonly T[] =>
  Array.isArray(given) && given.every(is);

function isBox(given: unknown): boolean {
  try {
    return parseBox(given, 'box') !== undefined;
  } catch {
    return false;
  }
}

const isDetection = (given: unknown): given is Detection =>
  isRecord(given) && isText(given.label) && isNumber(given.score) && isBox(given.box);

const isJudged = (given: unknown): given is EvaluatedObject =>
  isRecord(given) && isText(given.phrase) && isBox(given.box) && isMatch(given.detector);

const isMatch = (given: unknown): boolean =>
  given === undefined ||
  given === null ||
  (isRecord(given) && isText(given.label) && isNumber(given.iou) && isBox(given.box));
