import { useLayoutEffect, useRef } from 'preact/hooks';
import { titleOf } from '../state/shotFacts.js';
import { bringBack, removed, type Shot, shots } from '../state/shots.js';
import { focusIfLost } from './focus.js';
import { Icon } from './icons.js';
import { ShotCard } from './ShotCard.js';

function runsOf(all: readonly Shot[]): readonly (readonly Shot[])[] {
  return [...new Set(all.map(({ run }) => run))].map((run) => all.filter((shot) => shot.run === run));
}

/** The pictures so far; those of one press of the button stand side by side. */
export function Gallery() {
  const runs = runsOf(shots.value);
  return (
    <section class="gallery" aria-labelledby="gallery-title">
      <header class="panel-head">
        <h2 id="gallery-title">Pictures</h2>
        {removed.value && <BringBack key={removed.value.id} shot={removed.value} />}
      </header>
      {runs.length === 0 && <p class="hint">Pictures appear here as they are made, the newest first.</p>}
      {runs.map((run) => {
        const [first] = run as [Shot, ...Shot[]];
        return (
          <div key={first.run} class="run">
            <h3 class="run-title" dir="auto">
              {first.layout.prompt}
              {first.compared && <span> seed {first.seed}</span>}
            </h3>
            <ul class="shots">
              {run.map((shot) => (
                <ShotCard key={shot.id} shot={shot} />
              ))}
            </ul>
          </div>
        );
      })}
    </section>
  );
}

/** Takes the focus from the button that went with its picture. */
function BringBack({ shot }: { readonly shot: Shot }) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => focusIfLost(button.current), []);
  return (
    <button ref={button} type="button" class="button quiet" onClick={bringBack}>
      <Icon name="undo" />
      Bring back {titleOf(shot)}
    </button>
  );
}
