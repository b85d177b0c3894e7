import { useLayoutEffect, useRef } from 'preact/hooks';
import { paintSmoothly, scaleOf } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';

/** Pixels of the screen for each of the picture: browsers stretch small canvases too plainly. */
const MOST_SCALE = 4;

/** A picture, as large as its place. `label` is read out; without it the picture is decoration. */
export function PictureView({ picture, label }: { readonly picture: Picture; readonly label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) paintSmoothly(canvas.current, picture, scaleOf(picture, MOST_SCALE));
  }, [picture]);
  const names =
    label === undefined
      ? ({ 'aria-hidden': true } as const)
      : ({ role: 'img', 'aria-label': label } as const);
  return <canvas ref={canvas} class="picture" {...names} />;
}
