import { useLayoutEffect, useRef } from 'preact/hooks';
import { paint } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';

/** A picture in its own pixels, stretched by the page. `label` is read out; without it the picture is decoration. */
export function PictureView({ picture, label }: { readonly picture: Picture; readonly label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) paint(canvas.current, picture);
  }, [picture]);
  const names =
    label === undefined
      ? ({ 'aria-hidden': true } as const)
      : ({ role: 'img', 'aria-label': label } as const);
  return <canvas ref={canvas} class="picture" width={picture.width} height={picture.height} {...names} />;
}
