import { messageOf } from '@spatiallock/core';
import type { FunctionComponent } from 'preact';
import { useState } from 'preact/hooks';

/** Pictures with boxes in, new words out. What is in it is loaded when it is first opened. */
export function LearnPanel() {
  const [Body, setBody] = useState<FunctionComponent>();
  const [fault, setFault] = useState<string>();
  const load = async (): Promise<void> => {
    setFault(undefined);
    try {
      const { LearnBody } = await import('./LearnBody.js');
      setBody(() => LearnBody);
    } catch (cause) {
      setFault(messageOf(cause));
    }
  };
  return (
    <details
      class="panel fold"
      data-drop="lessons"
      onToggle={({ currentTarget }) => {
        if (currentTarget.open && !Body) void load();
      }}
    >
      <summary>
        <h2>Teach it new things</h2>
      </summary>
      {Body && <Body />}
      {!Body && fault === undefined && <p class="hint">Loading this panel</p>}
      {fault !== undefined && (
        <div role="alert">
          <p class="field-error">This panel could not be loaded ({fault}); is there a network?</p>
          <button type="button" class="button quiet" onClick={() => void load()}>
            Try again
          </button>
        </div>
      )}
    </details>
  );
}
