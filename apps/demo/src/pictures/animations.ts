// Frames to files: WebM by the browser's own encoder, and GIF. The libraries are loaded when they are asked for.

import type { Picture } from '../worker/protocol.js';
import { paintSmoothly, scaleOf } from './paint.js';

export interface EncodeOptions {
  readonly framesPerSecond: number;
  readonly signal: AbortSignal;
}

/** At most so many times as large as the pictures. */
const WEBM_SCALE = 4;
const GIF_SCALE = 2;

/** Rejects with a reason where the browser has no encoder for WebM. */
export async function webmOf(frames: readonly Picture[], options: EncodeOptions): Promise<Blob> {
  const { framesPerSecond, signal } = options;
  const { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Output, QUALITY_HIGH, WebMOutputFormat } =
    await import('mediabunny');
  const scale = scaleOf(frames[0]!, WEBM_SCALE);
  const { width, height } = canvasOf(frames[0]!, scale);
  const codec = await getFirstEncodableVideoCodec(['vp9', 'vp8', 'av1'], { width, height });
  if (codec === null) throw new Error('this browser cannot encode WebM; save a GIF instead');
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const canvas = new OffscreenCanvas(width, height);
  const track = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH });
  output.addVideoTrack(track, { frameRate: framesPerSecond });
  await output.start();
  try {
    for (const [i, frame] of frames.entries()) {
      signal.throwIfAborted();
      paintSmoothly(canvas, frame, scale);
      await track.add(i / framesPerSecond, 1 / framesPerSecond);
    }
    await output.finalize();
  } catch (cause) {
    await output.cancel();
    throw cause;
  }
  return new Blob([output.target.buffer!], { type: 'video/webm' });
}

/** Loops without end; every frame has its own 256 colours. */
export async function gifOf(frames: readonly Picture[], options: EncodeOptions): Promise<Blob> {
  const { framesPerSecond, signal } = options;
  const { applyPalette, GIFEncoder, quantize } = await import('gifenc');
  const gif = GIFEncoder();
  for (const frame of frames) {
    // The page is drawn meanwhile.
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const canvas = canvasOf(frame, scaleOf(frame, GIF_SCALE));
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
    const palette = quantize(data, 256);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: 1000 / framesPerSecond });
  }
  gif.finish();
  return new Blob([gif.bytes()], { type: 'image/gif' });
}

function canvasOf(frame: Picture, scale: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(1, 1);
  paintSmoothly(canvas, frame, scale);
  return canvas;
}
