// An entry of its own: its library runs in Node, and where a bundler brings Node's events and streams.

import { checkBytes, checkIterable, checkObject, checkText } from '@spatiallock/core/checks';
import { pack } from 'tar-stream';

/** One sample of a WebDataset: files that share a key. */
export interface WebDatasetSample {
  /** Without a dot: what stands before the first one is the key. */
  readonly key: string;
  /** By extension: "png", "json", "txt". */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/**
 * The bytes of a WebDataset shard, a tar file whose entries are named "key.extension", those of a sample side by side
 * (github.com/webdataset/webdataset). The same samples give the same bytes: entries have no time and no owner.
 */
export async function writeShard(samples: Iterable<WebDatasetSample>): Promise<Uint8Array> {
  checkIterable(samples, 'samples', 'samples { key, files }');
  const archive = pack();
  const chunks: Uint8Array[] = [];
  const collected = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  })();
  collected.catch(() => undefined);
  for (const sample of samples) {
    const { key, files } = checkObject(sample, 'sample') as unknown as WebDatasetSample;
    checkText(key, 'sample.key');
    for (const [extension, bytes] of Object.entries(checkObject(files, `${key}.files`)))
      checkBytes(bytes, `${key}.files.${extension}`);
    if (key.includes('.') || key === '') throw new Error(`key: "${key}" must hold no dot and not be empty`);
    for (const [extension, bytes] of Object.entries(files)) {
      archive.entry({ name: `${key}.${extension}`, mtime: new Date(0), mode: 0o644 }, Buffer.from(bytes));
    }
  }
  archive.finalize();
  await collected;
  return Buffer.concat(chunks);
}
