// What a folder is that is no model directory.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJsonObject, pickleCommands, pickleRefusal } from '@spatiallock/core/io';
import { textBeside } from './textBeside.js';

/** The error's text for a folder without model_index.json: what it is, and what to give instead. */
export async function withoutIndex(folder: string): Promise<string> {
  const names = await readdir(folder);
  const missing = `${folder}: model_index.json is missing`;
  const config = await textBeside(join(folder, 'config'), ['.json']);
  const { _class_name: className } = config ? parseJsonObject(config, join(folder, 'config.json')) : {};
  if (typeof className === 'string') {
    return `${missing}; this is one component (${className}), give the folder above it`;
  }
  if (names.some((name) => name.endsWith('.onnx')))
    return `${missing}; this is an ONNX export, which cannot be opened`;
  const files = names.filter((name) => name.endsWith('.safetensors'));
  if (files.length > 0) return `${missing}; give one file of it, such as ${join(folder, files[0]!)}`;
  const pickle = names.find((name) => /\.(ckpt|pt|pth|bin)$/.test(name));
  if (pickle === undefined)
    return `${missing}; give a model directory in diffusers' layout, or a .safetensors file`;
  return `${join(folder, pickle)}: ${pickleRefusal}; convert it with Python: ${pickleCommands.file}`;
}
