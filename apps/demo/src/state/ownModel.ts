// Models that a visitor opens: a folder, files, or an address.

import { computed, signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import {
  filesOfField,
  filesOfFolder,
  type ModelGiven,
  modelAddress,
  type PickedFile,
} from '@spatiallock/web';
import { isAdapterFile, openAdapterFile } from './adapterFile.js';
import * as engine from './engine.js';
import { say } from './notices.js';
import { refusesModels } from './painting.js';
import { chosenSide } from './source.js';

/** What lets a folder or files be picked, and gives handles, which a later visit may ask to read again; most browsers have none. */
interface Pickers {
  readonly showDirectoryPicker?: () => Promise<FileSystemDirectoryHandle>;
  readonly showOpenFilePicker?: (options: object) => Promise<readonly FileSystemFileHandle[]>;
}
const pickers = (): Pickers => globalThis as Pickers;

/** Whether the browser has pickers; else fields stand in for them. */
export const hasPicker = (kind: ModelKind): boolean =>
  (kind === 'folder' ? pickers().showDirectoryPicker : pickers().showOpenFilePicker) !== undefined;

export type ModelKind = 'folder' | 'files';

/** Handles of picked files. */
export interface PickedHandles {
  /** Unique, and sorts by when they were picked. */
  readonly id: string;
  readonly handles: readonly FileSystemHandle[];
}

/** By the files that they gave. */
const handles = new WeakMap<readonly PickedFile[], PickedHandles>();

/** The handles that a model was opened from; undefined where the browser gave none. */
export const handlesOf = ({ model }: ModelGiven): PickedHandles | undefined =>
  typeof model === 'string' ? undefined : handles.get(model);

/** What is typed as an address. */
export const typedAddress = signal('');

export const isModelFile = ({ name }: Pick<File, 'name'>): boolean =>
  /\.(safetensors|ckpt|pt|pth|bin|onnx)$/i.test(name);

/** File endings that a model may have. */
export const WEIGHTS = ['.safetensors', '.yaml', '.yml'];

/** Opens the folder or the files that are picked now. */
export async function pickModel(kind: ModelKind): Promise<void> {
  let picked: readonly FileSystemHandle[];
  try {
    picked = kind === 'folder' ? [await pickers().showDirectoryPicker!()] : await pickFiles();
  } catch (cause) {
    // The visitor changed their mind.
    if (cause instanceof DOMException && cause.name === 'AbortError') return;
    const what = kind === 'folder' ? 'The folder' : 'The file';
    say('error', `${what} cannot be opened: ${messageOf(cause)}`);
    return;
  }
  try {
    if (kind === 'folder') open({ model: await filesOfHandles(newHandles(picked)) });
    else await openModelFiles(await Promise.all(picked.filter(isFile).map((each) => each.getFile())), picked);
  } catch (cause) {
    say('error', messageOf(cause));
  }
}

const pickFiles = () =>
  pickers().showOpenFilePicker!({
    multiple: true,
    types: [{ description: 'Models', accept: { 'application/octet-stream': WEIGHTS } }],
  });

let picks = 0;
const newHandles = (given: readonly FileSystemHandle[]): PickedHandles => ({
  id: `m${Date.now().toString(36)}${picks++}`,
  handles: given,
});

const isFile = (handle: FileSystemHandle): handle is FileSystemFileHandle => handle.kind === 'file';

/** The files behind handles, which may be read. Rejects where they are gone. */
export async function filesOfHandles(picked: PickedHandles): Promise<readonly PickedFile[]> {
  const files: PickedFile[] = [];
  for (const handle of picked.handles) {
    if (isFile(handle)) files.push(...filesOfField([await handle.getFile()]));
    else files.push(...(await filesOfFolder(handle as FileSystemDirectoryHandle)));
  }
  handles.set(files, picked);
  return files;
}

/** Opens a folder that was dropped; says so where it holds no model, and leaves the one that is open. */
export async function openFolder(folder: FileSystemDirectoryHandle): Promise<void> {
  try {
    const model = await filesOfHandles(newHandles([folder]));
    if (model.some(({ path }) => isModelFile({ name: path }))) open({ model });
    else say('error', `${folder.name}: is a folder without a model; drop files, not a folder, for all else`);
  } catch (cause) {
    say('error', `${folder.name}: ${messageOf(cause)}`);
  }
}

/** Opens files as a model: those of a folder, or single ones, with the handles that gave them where there are some. */
export function openFiles(files: readonly File[], given: readonly FileSystemHandle[] = []): void {
  const model = filesOfField(files);
  if (given.length === files.length) handles.set(model, newHandles(given));
  open({ model });
}

/** Opens files as a model; a single adapter is laid over the site's own. */
export async function openModelFiles(
  files: readonly File[],
  given?: readonly FileSystemHandle[],
): Promise<void> {
  const [file, ...more] = files;
  if (file && more.length === 0 && (await isAdapterFile(file))) await openAdapterFile(file);
  else openFiles(files, given);
}

/** Lays files over the model that is open: grounding layers, an autoencoder, embeddings. */
export function addFiles(files: readonly File[]): void {
  const { value: model } = engine.given;
  if (model) open({ ...model, added: [...(model.added ?? []), ...filesOfField(files)] });
}

/** Whether files are laid over the model. */
export const hasAdded = computed(() => (engine.given.value?.added ?? []).length > 0);

/** Opens the model again without the files that were laid over it. */
export function removeAdded(): void {
  const { value: model } = engine.given;
  if (!model) return;
  const { added: _, ...alone } = model;
  open(alone);
}

/** Opens what lies at the address that was typed. */
export function openAddress(): void {
  try {
    open({ model: modelAddress(typedAddress.value) });
  } catch (cause) {
    say('error', messageOf(cause));
  }
}

/** Opens a model, unless pictures are in progress. */
export function open(model: ModelGiven): void {
  if (refusesModels('The model')) return;
  chosenSide.value = undefined;
  engine.openModel(model);
}
