import { useLayoutEffect, useRef } from 'preact/hooks';
import { paintSmoothly, scaleOf } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';

/** Pixels of the screen for each of the picture: browsers stretch small canvases too plainly. */
const MOST_SCALE = 4;

interface PictureViewProps {
  readonly picture: Picture;
  /** Read out; without it the picture is decoration. */
  readonly label?: string;
  /** How many times as large it is drawn, at most: less where its place is small, for every canvas costs each frame of the page. */
  readonly mostScale?: number;
}

/** A picture, as large as its place. */
export function PictureView({ picture, label, mostScale = MOST_SCALE }: PictureViewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current) paintSmoothly(canvas.current, picture, scaleOf(picture, mostScale));
  }, [picture, mostScale]);
  const names =
    label === undefined
      ? ({ 'aria-hidden': true } as const)
      : ({ role: 'img', 'aria-label': label } as const);
  return <canvas ref={canvas} class="picture" {...names} />;
}
