// The drawing and the settings survive a reload; a layout in the address comes first.

import { effect } from '@preact/signals';
import type { DeviceId } from '../worker/protocol.js';
import { type Drawing, drawingOf, newId, palette } from './drawing.js';
import { device } from './engine.js';
import { readLink } from './link.js';
import { say } from './notices.js';
import { readSettings } from './settings.js';
import { drawing, restore, settings } from './studio.js';

const KEY = 'spatiallock.studio';
const DEVICES: readonly string[] = ['onnx-wasm', 'onnx-webgpu', 'tfjs-webgpu', 'tfjs-wasm', 'tfjs-cpu'];

interface Kept {
  readonly drawing?: unknown;
  readonly settings?: unknown;
  readonly device?: unknown;
}

/** Reads what was kept, and keeps what changes from now on. Returns the device that was chosen last. */
export function restoreStudio(first: Drawing): DeviceId | undefined {
  const kept = read();
  settings.value = readSettings(kept.settings);
  restore(readDrawing(kept.drawing) ?? first);
  openLink();
  addEventListener('hashchange', openLink);
  effect(() => {
    const state = { drawing: drawing.value, settings: settings.value, device: device.value };
    try {
      localStorage.setItem(KEY, JSON.stringify(state));
    } catch {
      // Private windows may refuse; the page works on.
    }
  });
  return DEVICES.includes(kept.device as string) ? (kept.device as DeviceId) : undefined;
}

function openLink(): void {
  try {
    const shared = readLink(location.hash);
    if (!shared) return;
    restore(drawingOf(shared.layout));
    if (shared.seed !== undefined) settings.value = { ...settings.value, seed: shared.seed };
    history.replaceState(null, '', location.pathname + location.search);
  } catch (cause) {
    say('error', (cause as Error).message);
  }
}

function read(): Kept {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '{}') as Kept | null) ?? {};
  } catch {
    return {};
  }
}

/** Unlike a layout, a kept drawing may have boxes without a phrase yet. */
function readDrawing(json: unknown): Drawing | undefined {
  const given = json as Partial<Drawing> | undefined;
  if (!given || !Array.isArray(given.objects)) return undefined;
  try {
    const named = given.objects.map((object) => ({ ...object, phrase: object.phrase || '?' }));
    const checked = drawingOf({ ...given, objects: named });
    const objects = checked.objects.map((object, i) => {
      const { phrase, colour } = given.objects![i]!;
      return { ...object, id: newId(), phrase: String(phrase), colour: Number(colour) % palette.length || 0 };
    });
    return { ...checked, objects };
  } catch {
    return undefined;
  }
}
