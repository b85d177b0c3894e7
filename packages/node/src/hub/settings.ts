// Where the hub is and where its files are kept, from the variables that Python's huggingface_hub reads.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkObject } from '@spatiallock/core/checks';

/** Where the hub and its cache are, from the environment variables of huggingface_hub. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string;
  /** The folder that holds `models--owner--name`. */
  readonly cache: string;
  readonly token?: string;
  /** Never asks the network. */
  readonly offline: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * HF_ENDPOINT, HF_HUB_CACHE (or HF_HOME, or XDG_CACHE_HOME), HF_TOKEN (or the file that `huggingface-cli login` writes,
 * HF_TOKEN_PATH), HF_HUB_OFFLINE.
 */
export function hubSettings(env: Env = process.env): HubSettings {
  checkObject(env, 'env');
  const home =
    filled(env.HF_HOME) ?? join(filled(env.XDG_CACHE_HOME) ?? join(homedir(), '.cache'), 'huggingface');
  const cache = filled(env.HF_HUB_CACHE) ?? filled(env.HUGGINGFACE_HUB_CACHE) ?? join(home, 'hub');
  const token =
    filled(env.HF_TOKEN) ??
    filled(env.HUGGING_FACE_HUB_TOKEN) ??
    savedToken(filled(env.HF_TOKEN_PATH) ?? join(home, 'token'));
  return {
    endpoint: (filled(env.HF_ENDPOINT) ?? 'https://huggingface.co').replace(/\/+$/, ''),
    cache: resolve(withHome(cache)),
    ...(token === undefined ? {} : { token }),
    offline: isOn(env.HF_HUB_OFFLINE) || isOn(env.TRANSFORMERS_OFFLINE),
  };
}

const filled = (value: string | undefined): string | undefined => (value?.trim() ? value.trim() : undefined);
const isOn = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value?.trim() ?? '');
const withHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir());

function savedToken(path: string): string | undefined {
  try {
    return filled(readFileSync(withHome(path), 'utf8'));
  } catch {
    return undefined;
  }
}
