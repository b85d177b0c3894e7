// Faults of the hub and of repositories, in words.

import type { HubApiError } from '@huggingface/hub';
import { messageOf } from '@spatiallock/core';
import { Refused } from './download.js';
import { NoAnswer } from './request.js';

/** What a fault of the hub means, and what to do. */
export function explained(cause: unknown, hasToken: boolean, revision: string, endpoint: string): string {
  const status = statusOf(cause);
  switch (status) {
    case 401:
      return hasToken
        ? `the hub refuses the token (401), or there is no such model at ${endpoint}`
        : `there is no such model at ${endpoint}, or it is private (401); check the name, or set HF_TOKEN to a token that may read it`;
    case 403:
      return hasToken
        ? `the token may not read it (403); accept its conditions at ${endpoint}, or use another token`
        : 'it is gated (403); accept its conditions on its page, and set HF_TOKEN';
    case 404:
      return `there is no such model or no revision ${revision} at ${endpoint} (404); check the name and --revision`;
    case 429:
      return 'the hub asks to wait (429), and still did after five attempts; try again later, or set HF_TOKEN';
    default:
      return status === undefined
        ? messageOf(cause)
        : `the hub answers with status ${status}; try again later`;
  }
}

/** The status of the hub's answer; undefined for other faults. */
const statusOf = (cause: unknown): number | undefined =>
  cause instanceof Refused ? cause.status : (cause as Partial<HubApiError>).statusCode;

/** Whether the hub fails or refuses, rather than saying that there is no such model. */
export function isHubFailing(cause: unknown): boolean {
  const status = statusOf(cause);
  return cause instanceof NoAnswer || (status !== undefined && status !== 404);
}

/** Why a repository is no model directory. */
export function withoutIndex(paths: readonly string[], id: string): string {
  const single = singleFiles(paths);
  const files =
    single.length > 0 ? `; give one of its files, ${single.map((path) => `${id}/${path}`).join(', ')}` : '';
  const pickles = paths.filter((path) => /\.(ckpt|bin|pt)$/.test(path)).length;
  return `holds no model_index.json, so that it is no diffusers folder${files}${files === '' && pickles > 0 ? '; its weights are pickles, which are not read' : ''}`;
}

/** What a repository has instead of a file. */
export function withoutFile(paths: readonly string[], file: string): string {
  const single = singleFiles(paths);
  return `there is no file ${file}; it has ${single.length > 0 ? single.join(', ') : 'no .safetensors file'}`;
}

const singleFiles = (paths: readonly string[]): readonly string[] =>
  paths.filter((path) => path.endsWith('.safetensors')).slice(0, 5);
