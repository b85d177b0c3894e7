// Adapters as files: one that was saved here or by the command is opened, and what was learnt is saved.

import { messageOf } from '@spatiallock/core';
import { download } from '../pictures/paint.js';
import { shortened } from '../text/shortened.js';
import { applyAdapter } from './adapters.js';
import type { LoadedAdapter } from './engine.js';
import { say } from './notices.js';
import { refusesModels } from './painting.js';

/** As `spatiallock train --save adapter` names it. */
const FILE_NAME = 'adapter.safetensors';
/** Adapters of the site's model have a few MB. */
const MOST_BYTES = 512 * 2 ** 20;
const MOST_HEADER_BYTES = 16 * 2 ** 20;

/** Whether a file says that it is an adapter; its header alone is read. */
export async function isAdapterFile(file: File): Promise<boolean> {
  if (!/\.safetensors$/i.test(file.name)) return false;
  try {
    const bytes = async (end: number) => new Uint8Array(await file.slice(0, end).arrayBuffer());
    const start = await bytes(8);
    const size = new DataView(start.buffer).getBigUint64(0, true);
    if (size > MOST_HEADER_BYTES) return false;
    const { isAdapter } = await import('@spatiallock/core/adapters');
    return isAdapter(await bytes(8 + Number(size)), file.size);
  } catch {
    // Too short, or it cannot be read: whoever opens it says so.
    return false;
  }
}

/** Reads an adapter's file. Rejects with an error that names the field at fault. */
export async function readAdapter(bytes: Uint8Array<ArrayBuffer>, name = FILE_NAME): Promise<LoadedAdapter> {
  const { parseAdapter } = await import('@spatiallock/core/adapters');
  const { growth } = parseAdapter(bytes, name);
  return { bytes, words: [...(growth?.words ?? [])].sort() };
}

/** Opens an adapter's file; says so where it is none. */
export async function openAdapterFile(file: File): Promise<void> {
  try {
    if (file.size > MOST_BYTES) throw new Error(`${file.name}: is larger than 512 MiB, and so no adapter`);
    const laid = await readAdapter(new Uint8Array(await file.arrayBuffer()), file.name);
    if (refusesModels(file.name)) return;
    applyAdapter({ ...laid, unproven: true });
    const words = wordsOf(laid);
    say('info', `${file.name} is open${words === '' ? '' : `: new words are ${words}`}.`);
  } catch (cause) {
    const message = messageOf(cause);
    say('error', message.startsWith(file.name) ? message : `${file.name}: ${message}`);
  }
}

export const saveAdapter = ({ bytes }: LoadedAdapter): void => download(FILE_NAME, new Blob([bytes]));

/** Letters of words that are shown. */
const LONGEST_LIST = 200;

/** The words of an adapter as they are shown; empty where it brings none. */
export const wordsOf = ({ words }: LoadedAdapter): string => shortened(words.join(', '), LONGEST_LIST);
