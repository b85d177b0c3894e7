// Errors of layouts and of options that name the flag, where a flag gave the field.

import { InputError, reading } from './errors.js';
import type { Flags } from './flags.js';

const flagOf: Readonly<Record<string, string>> = {
  prompt: 'prompt',
  negativePrompt: 'negative',
  width: 'width',
  height: 'height',
  clipSkip: 'clip-skip',
  // Of the picture to start from: --strength is another thing.
  strength: 'image-strength',
};

/** `reading`, for a step that checks layouts: the flag stands in place of the field that a message begins with. */
export const readingFields = <T>(step: () => Promise<T> | T, flags: Flags): Promise<T> =>
  namingFlags(() => reading(step), flags);

/** For a step that refuses input as InputErrors: the flag stands in place of the field. */
export async function namingFlags<T>(step: () => Promise<T>, flags: Flags): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { details, cause } = error;
    throw new InputError(withFlag(error.message, flags), { details, cause });
  }
}

/** What a flag gives counts for every layout, so that none is named. */
function withFlag(message: string, flags: Flags): string {
  const [start, field] = /^(?:layouts\[\d+\]: )?(\w+): /.exec(message) ?? [];
  if (start === undefined || field === undefined || !Object.hasOwn(flagOf, field)) return message;
  // Without --prompt the phrases of --object are the prompt.
  const own = flagOf[field]!;
  const flag = [own, ...(field === 'prompt' ? ['object'] : [])].find((name) => flags.has(name));
  // A strength that no flag gave is the usual one of --image.
  if (field === 'strength' && flags.has('image')) return `--${own}: ${message.slice(start.length)}`;
  return flag === undefined ? message : `--${flag}: ${message.slice(start.length)}`;
}
