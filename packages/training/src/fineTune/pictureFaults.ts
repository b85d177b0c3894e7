// Pictures that cannot be read while training: skipped and reported, until there are too many.

import { messageOf } from '@spatiallock/core';

/** More than one picture in so many ends the training. */
const ONE_IN = 20;

export interface PictureFaults {
  /** How many pictures were skipped so far. */
  readonly count: number;
  /** Notes a picture; throws where more than 1 in 20 cannot be read. */
  add(path: string, cause: unknown): void;
}

/** Keeps account of `total` pictures; `onWarning` is called once for each that is skipped. */
export function pictureFaults(total: number, onWarning?: (message: string) => void): PictureFaults {
  const skipped = new Set<string>();
  return {
    get count() {
      return skipped.size;
    },
    add(path, cause) {
      if (skipped.has(path)) return;
      skipped.add(path);
      const message = messageOf(cause);
      if (skipped.size * ONE_IN > total) {
        throw new Error(
          `pictures: ${skipped.size} of ${total} cannot be read, more than 1 in ${ONE_IN}; the last: ${message}`,
          { cause },
        );
      }
      onWarning?.(`${message}; the picture is skipped (${skipped.size} of ${total} so far)`);
    },
  };
}
