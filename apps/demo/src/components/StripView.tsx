import { messageOf } from '@spatiallock/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type EncodeOptions, gifOf, webmOf } from '../pictures/animations.js';
import { download } from '../pictures/paint.js';
import { say } from '../state/notices.js';
import type { Picture } from '../worker/protocol.js';
import { Slider } from './controls.js';
import { Icon } from './icons.js';
import { PictureView } from './PictureView.js';

const FRAMES_PER_SECOND = 12;

const formats = { webm: webmOf, gif: gifOf } as const;
type Format = keyof typeof formats;

/** The frames, to be looked through, played and saved. */
export function StripView({ frames }: { readonly frames: readonly Picture[] }) {
  const [at, setAt] = useState(0);
  const [isPlaying, setPlaying] = useState(false);
  const shown = Math.min(at, frames.length - 1);
  useEffect(() => {
    if (!isPlaying) return;
    const next = () => setAt((before) => (before + 1) % frames.length);
    const timer = setInterval(next, 1000 / FRAMES_PER_SECOND);
    return () => clearInterval(timer);
  }, [isPlaying, frames.length]);
  return (
    <div class="strip-view">
      <PictureView picture={frames[shown]!} label={`Frame ${shown + 1} of the strip`} />
      {frames.length > 1 && (
        <Slider
          label="Frame"
          value={shown + 1}
          range={{ min: 1, max: frames.length, step: 1 }}
          onInput={(value) => {
            setPlaying(false);
            setAt(value - 1);
          }}
        />
      )}
      <div class="row">
        <button type="button" class="button quiet" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? 'Pause' : 'Play'}
        </button>
        <Save frames={frames} format="webm" label="Save WebM" />
        <Save frames={frames} format="gif" label="Save GIF" />
      </div>
    </div>
  );
}

interface SaveProps {
  readonly frames: readonly Picture[];
  readonly format: Format;
  readonly label: string;
}

function Save({ frames, format, label }: SaveProps) {
  const [isBusy, setBusy] = useState(false);
  const ending = useRef(new AbortController());
  useEffect(() => () => ending.current.abort(), []);
  const save = async (): Promise<void> => {
    setBusy(true);
    const { signal } = ending.current;
    const options: EncodeOptions = { framesPerSecond: FRAMES_PER_SECOND, signal };
    try {
      download(`strip.${format}`, await formats[format](frames, options));
    } catch (cause) {
      if (!signal.aborted) say('error', `${label}: ${messageOf(cause)}`);
    }
    setBusy(false);
  };
  return (
    <button type="button" class="button quiet" disabled={isBusy} onClick={() => void save()}>
      <Icon name="save" />
      {label}
    </button>
  );
}
