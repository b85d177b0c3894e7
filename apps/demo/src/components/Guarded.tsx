import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { faultText } from '../detector/check.js';
import { downloadJson } from '../pictures/paint.js';
import { layoutOf } from '../state/drawing.js';
import { drawing } from '../state/studio.js';

/** A part of the page; if it fails, says so instead of showing nothing, and gives out the drawing. */
export function Guarded({ children }: { readonly children: ComponentChildren }) {
  const [cause, reset] = useErrorBoundary((fault) => console.error(fault));
  if (cause === undefined) return children;
  return (
    <main class="studio">
      <section class="panel" role="alert">
        <h1>The page met an error</h1>
        <p class="field-error">{faultText(cause)}</p>
        <div class="row">
          <button type="button" class="button quiet" onClick={reset}>
            Try again
          </button>
          <button
            type="button"
            class="button quiet"
            onClick={() => downloadJson('layout.json', layoutOf(drawing.value))}
          >
            Save what was drawn
          </button>
        </div>
      </section>
    </main>
  );
}
