// Models that a visitor opens: a folder, files, or an address.

import { signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { filesOfField, filesOfFolder, modelAddress } from '@spatiallock/web';
import { isAdapterFile, openAdapterFile } from './adapterFile.js';
import * as engine from './engine.js';
import { say } from './notices.js';
import { refusesModels } from './painting.js';
import { chosenSide } from './source.js';

type Picker = () => Promise<FileSystemDirectoryHandle>;

/** What lets a folder be picked; undefined where the browser has none, and a field stands in for it. */
const picker = (): Picker | undefined =>
  (globalThis as { readonly showDirectoryPicker?: Picker }).showDirectoryPicker;

export const hasPicker = (): boolean => picker() !== undefined;

/** What is typed as an address. */
export const typedAddress = signal('');

export const isModelFile = ({ name }: File): boolean => /\.(safetensors|ckpt|pt|pth|bin|onnx)$/i.test(name);

/** Opens the folder that is picked now. */
export async function pickFolder(): Promise<void> {
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await picker()!();
  } catch (cause) {
    // The visitor changed their mind.
    if (cause instanceof DOMException && cause.name === 'AbortError') return;
    say('error', `The folder cannot be opened: ${messageOf(cause)}`);
    return;
  }
  try {
    open({ model: await filesOfFolder(folder) });
  } catch (cause) {
    say('error', messageOf(cause));
  }
}

/** Opens files as a model: those of a folder, or single ones. */
export function openFiles(files: readonly File[]): void {
  open({ model: filesOfField(files) });
}

/** Opens files as a model; a single adapter is laid over the site's own. */
export async function openModelFiles(files: readonly File[]): Promise<void> {
  const [file, ...more] = files;
  if (file && more.length === 0 && (await isAdapterFile(file))) await openAdapterFile(file);
  else openFiles(files);
}

/** Lays files over the model that is open: grounding layers, an autoencoder, embeddings. */
export function addFiles(files: readonly File[]): void {
  const { value: model } = engine.given;
  if (model) open({ ...model, added: [...(model.added ?? []), ...filesOfField(files)] });
}

/** Opens what lies at the address that was typed. */
export function openAddress(): void {
  try {
    open({ model: modelAddress(typedAddress.value) });
  } catch (cause) {
    say('error', messageOf(cause));
  }
}

function open(model: NonNullable<typeof engine.given.value>): void {
  if (refusesModels('The model')) return;
  chosenSide.value = undefined;
  engine.openModel(model);
}
