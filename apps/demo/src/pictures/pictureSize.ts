// How large a picture file is, before its pixels are decoded: a small file may unfold into gigabytes.

/** As for pictures that Node reads. */
const MOST_PIXELS = 100e6;
const MOST_BYTES = 256 * 2 ** 20;

/** Why a file is too large to be read as a picture; undefined where it is not. */
export const weightFault = (bytes: number): string | undefined =>
  bytes > MOST_BYTES
    ? `is a file of ${Math.round(bytes / 2 ** 20)} MiB, and at most 256 are read`
    : undefined;

/** In pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Why a picture is too large to be opened; undefined where it is not. */
export function sizeFault({
  width,
  height,
  bytes,
}: PictureSize & { readonly bytes: number }): string | undefined {
  const tooHeavy = weightFault(bytes);
  if (tooHeavy !== undefined || width * height <= MOST_PIXELS) return tooHeavy;
  return `has ${width} x ${height} pixels, and at most 100 million are read; make it smaller`;
}

/** Rejects where a file is no picture that the browser can show, or is too large; no pixel is decoded. */
export async function checkPictureFile(file: Blob): Promise<void> {
  const tooHeavy = weightFault(file.size);
  if (tooHeavy !== undefined) throw new Error(tooHeavy);
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    await new Promise<void>((resolve, reject) => {
      image.onload = () => resolve();
      image.onerror = () => reject(new Error('is no picture that this browser can show'));
      image.src = address;
    });
    const { naturalWidth: width, naturalHeight: height } = image;
    const tooLarge = sizeFault({ width, height, bytes: file.size });
    if (tooLarge !== undefined) throw new Error(tooLarge);
  } finally {
    URL.revokeObjectURL(address);
  }
}
