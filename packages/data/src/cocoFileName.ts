// The file name of one of COCO's images.

import { asText, type Fields } from './check.js';
import { FieldError } from './fieldError.js';

/**
 * `file_name`; where there is none, as in LVIS, the folder and the name at the end of `coco_url`, which is how LVIS names its files.
 * Throws a FieldError where there is neither.
 */
export function fileNameOf({ file_name: name, coco_url: url }: Fields, field: string): string {
  const isMissing = name === undefined || name === null || name === '';
  if (!isMissing || url === undefined || url === null) return asText(name, `${field}.file_name`);
  const [, path = ''] = /^\w+:\/\/[^/?#]+\/([^?#]*)/.exec(asText(url, `${field}.coco_url`)) ?? [];
  const parts = path.split('/').slice(-2);
  if (parts.length === 2 && parts.every((part) => part !== '' && part !== '.' && part !== '..'))
    return parts.join('/');
  throw new FieldError(
    `${field}.coco_url`,
    'must end in a folder and a file, as https://images.cocodataset.org/train2017/1.jpg, or give file_name',
  );
}
