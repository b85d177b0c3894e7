import { MAX_OBJECTS } from '@spatiallock/core';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { addObject, drawing, isFull } from '../state/studio.js';
import { focusPhrase } from '../state/view.js';
import { focusIfLost } from './focus.js';
import { Icon } from './icons.js';
import { ObjectRow } from './ObjectRow.js';

/** The objects, nearest first. */
export function ObjectList() {
  const { objects } = drawing.value;
  const isEmpty = objects.length === 0;
  const wasEmpty = useRef(isEmpty);
  const add = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // The last box took the focus along.
    if (isEmpty && !wasEmpty.current) focusIfLost(add.current);
    wasEmpty.current = isEmpty;
  }, [isEmpty]);
  return (
    <section class="panel" aria-labelledby="objects-title">
      <header class="panel-head">
        <h2 id="objects-title">Objects</h2>
        <button
          ref={add}
          type="button"
          class="button quiet"
          disabled={isFull.value}
          title={isFull.value ? `At most ${MAX_OBJECTS} boxes fit` : undefined}
          onClick={() => {
            focusPhrase.value = addObject();
          }}
        >
          <Icon name="plus" />
          Add a box
        </button>
      </header>
      {isEmpty ? (
        <p class="hint">No boxes yet. Draw one on the canvas, or start from an example.</p>
      ) : (
        <ol class="objects" reversed>
          {objects
            .map((object, index) => <ObjectRow key={object.id} object={object} index={index} />)
            .toReversed()}
        </ol>
      )}
    </section>
  );
}
