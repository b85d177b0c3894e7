// What records tell of a model beside its name: what was laid over it, and how its files were read.

import { resolve } from 'node:path';
import { groundingFlag } from '@spatiallock/node';
import { type Flags, text } from './flags.js';
import { modelHash } from './modelHash.js';
import { pluginFiles } from './plugins/files.js';
import type { ModelRequest } from './request.js';

/** A file or folder. */
export interface PartRecord {
  /** As it was given. */
  readonly path: string;
  /** Tells others of that path apart; see `modelHash`. */
  readonly hash: string;
}

export interface EmbeddingRecord extends PartRecord {
  /** The word that prompts name it by, where it is not its own. */
  readonly word?: string;
}

/** Only what was given. */
export interface ModelRecord {
  readonly adapter?: PartRecord;
  readonly vae?: PartRecord;
  readonly grounding?: PartRecord;
  readonly embeddings?: readonly EmbeddingRecord[];
  readonly tokenizer?: PartRecord;
  readonly config?: PartRecord;
  readonly prediction?: string;
  readonly revision?: string;
  readonly variant?: string;
  /** What options of plugins name, such as weights. */
  readonly pluginFiles?: readonly PartRecord[];
}

/** Fields of `ModelRecord` that are one file or folder, and their flags. */
const parts = {
  adapter: 'adapter',
  vae: 'vae',
  grounding: groundingFlag.name,
  tokenizer: 'tokenizer',
  config: 'config',
} as const;

/** What the flags of `modelArgs` say beside --model; `place` is what they were read as. */
export async function modelRecord(
  flags: Flags,
  cwd: string,
  place: Pick<ModelRequest, 'source' | 'plugins' | 'cwd'>,
): Promise<ModelRecord> {
  const partOf = async (path: string): Promise<PartRecord> => ({
    path,
    hash: await modelHash([resolve(cwd, path)]),
  });
  const record: Record<string, unknown> = {};
  for (const [field, flag] of Object.entries(parts)) {
    const path = text(flags, flag);
    if (path !== undefined) record[field] = await partOf(path);
  }
  const words = (place.source?.embeddings ?? []).map((each) => (typeof each === 'string' ? '' : each.token));
  const embeddings = (flags.get('embedding') ?? []).map(async (given, i): Promise<EmbeddingRecord> => {
    const word = words[i];
    return word ? { ...(await partOf(given.slice(word.length + 1))), word } : partOf(given);
  });
  if (embeddings.length > 0) record.embeddings = await Promise.all(embeddings);
  for (const name of ['prediction', 'revision', 'variant']) {
    const value = text(flags, name);
    if (value !== undefined) record[name] = value;
  }
  const files = await pluginFiles(place);
  if (files.length > 0) record.pluginFiles = files;
  return record;
}

/** What tells the model of a report from others of its name: the hash of its files, where they are known, and what was laid over it. */
export async function modelIdentity(
  places: readonly string[] | undefined,
  parts: ModelRecord,
): Promise<ModelRecord & { readonly modelHash?: string }> {
  return { ...(places === undefined ? {} : { modelHash: await modelHash(places) }), ...parts };
}

/**
 * What of it counts where a run goes on: files laid over a model are in its hash already, wherever they lie now, and so is
 * what comes from the hub.
 */
export function countingParts({ embeddings, tokenizer, config, prediction, pluginFiles }: ModelRecord) {
  const words = embeddings?.map(({ word }) => word ?? null);
  return {
    embeddings: words?.some((word) => word !== null) ? words : undefined,
    ...{ tokenizer: tokenizer?.hash, config: config?.hash, prediction },
    pluginFiles: pluginFiles?.map(({ hash }) => hash),
  };
}
