// Which device computes: the one that was chosen, or the fastest that passes its self-test.

import { computed, effect, signal, untracked } from '@preact/signals';
import type { DeviceId } from '../worker/protocol.js';
import * as engine from './engine.js';
import { say } from './notices.js';

export const devices: readonly { readonly id: DeviceId; readonly title: string; readonly by: string }[] = [
  { id: 'onnx-wasm', title: 'WebAssembly', by: 'ONNX Runtime' },
  { id: 'onnx-webgpu', title: 'WebGPU', by: 'ONNX Runtime' },
  { id: 'tfjs-webgpu', title: 'WebGPU', by: 'TensorFlow.js' },
  { id: 'tfjs-wasm', title: 'WebAssembly', by: 'TensorFlow.js' },
  { id: 'tfjs-cpu', title: 'JavaScript', by: 'TensorFlow.js' },
];

/** Undefined: the self-tests choose. */
export const chosenDevice = signal<DeviceId | undefined>(undefined);
/** Devices to go on with where one cannot be used, the best first. */
const fallbacks: readonly DeviceId[] = ['onnx-wasm', 'tfjs-wasm', 'tfjs-cpu'];
/** Those that failed in this visit. */
const failed = new Set<DeviceId>();

const nameOf = (id: DeviceId): string => {
  const { title, by } = devices.find((device) => device.id === id)!;
  return `${title} by ${by}`;
};

/** What the self-tests found, in words; empty while nothing is known. */
export const finding = computed((): string => {
  const probe = engine.probes.value[engine.device.value];
  if (!engine.isReady.value || typeof probe !== 'object' || !probe.passed) return '';
  const { milliseconds, note } = probe;
  const chosen = chosenDevice.value === undefined ? 'chosen by self-test' : 'self-test passed';
  const speed = `${milliseconds.toFixed(1)} ms a layer${note ? `, ${note}` : ''}`;
  return `Computes on ${nameOf(engine.device.value)}: ${chosen}, ${speed}.${cardFinding.value}`;
});
const cardFinding = signal('');

/** Choices so far: self-tests that end after a later choice choose nothing. */
let choices = 0;

/** Starts the device that was chosen, and without one that which its self-test recommends. */
export async function startDevice(chosen: DeviceId | undefined): Promise<void> {
  choices++;
  const own = choices;
  chosenDevice.value = chosen;
  const id = chosen ?? (await recommended());
  if (own === choices) engine.start(id);
}

/** A person's choice, or `undefined` for that of the self-tests. */
export function choose(id: DeviceId | undefined): void {
  failed.clear();
  void startDevice(id);
}

/** WebGPU needs a runtime of its own: it is tested only where there is a card. */
async function recommended(): Promise<DeviceId> {
  if (!(await hasCard())) {
    cardFinding.value = ' No graphics card that WebGPU can use was found.';
    return 'onnx-wasm';
  }
  const rivals: readonly DeviceId[] = ['onnx-webgpu', 'onnx-wasm'];
  for (const id of rivals) await engine.probe(id);
  const timed = rivals.flatMap((id) => {
    const probe = engine.probes.value[id];
    return typeof probe === 'object' && probe.passed ? [{ id, milliseconds: probe.milliseconds }] : [];
  });
  const [best] = timed.sort((a, b) => a.milliseconds - b.milliseconds);
  const other = timed[1];
  cardFinding.value = other ? ` ${nameOf(other.id)} takes ${other.milliseconds.toFixed(1)} ms.` : '';
  return best?.id ?? 'onnx-wasm';
}

interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info?: { readonly isFallbackAdapter?: boolean; readonly architecture?: string };
}

/** A driver that hangs never answers; nobody waits longer than that, in milliseconds. */
const PATIENCE = 5000;

/** Software that stands in for a card is slower than WebAssembly. */
async function hasCard(): Promise<boolean> {
  try {
    const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<Adapter | null> } };
    const late = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE, null));
    const adapter = await Promise.race([gpu?.requestAdapter(), late]);
    if (!adapter) return false;
    const { isFallbackAdapter, info } = adapter;
    return !(isFallbackAdapter ?? info?.isFallbackAdapter) && info?.architecture !== 'swiftshader';
  } catch {
    return false;
  }
}

/** Goes on with the next device where nobody chose one and it cannot be used; says so. */
export function fallBack(): void {
  effect(() => {
    const { value: load } = engine.load;
    if (load.phase !== 'failed' || load.reason === undefined || chosenDevice.value !== undefined) return;
    untracked(() => {
      const current = engine.device.value;
      failed.add(current);
      const next = fallbacks.find((id) => !failed.has(id));
      if (next === undefined) return;
      say('error', `${nameOf(current)} cannot be used (${load.message}); ${nameOf(next)} is tried.`);
      engine.start(next);
    });
  });
}
