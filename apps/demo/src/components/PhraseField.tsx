import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { facts } from '../state/engine.js';
import { phrases } from '../state/studio.js';
import { completions } from '../state/vocabulary.js';

interface PhraseFieldProps {
  readonly label: string;
  readonly value: string;
  readonly error?: string;
  /** Asks for the keyboard's focus when it becomes true. */
  readonly focused: boolean;
  readonly onInput: (value: string) => void;
  readonly onFocus: () => void;
  /** The phrase is done. */
  readonly onCommit: () => void;
  /** Escape, where no list is open; the page's own Escape where there is none. */
  readonly onCancel?: () => void;
  /** The focus went elsewhere in the page; without it, the phrase is done then. */
  readonly onLeave?: () => void;
}

/** A text field with completion: WAI-ARIA's editable combobox with list autocomplete. */
export function PhraseField(props: PhraseFieldProps) {
  const { label, value, error, focused, onInput, onFocus, onCommit, onCancel, onLeave } = props;
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const choices = open ? completions(value, phrases.value, facts.value?.words) : [];
  const isOpen = choices.length > 0 && !(choices.length === 1 && choices[0] === value);
  useEffect(() => {
    if (focused) field.current?.focus();
  }, [focused]);

  const close = (): void => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (choice: string): void => {
    onInput(choice);
    close();
    onCommit();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const count = choices.length;
      if (count > 0) setActive(active < 0 ? (step > 0 ? 0 : count - 1) : (active + step + count) % count);
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
      if (isOpen && active >= 0) choose(choices[active]!);
      else {
        close();
        onCommit();
      }
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      close();
    } else if (event.key === 'Escape' && onCancel) {
      event.stopPropagation();
      onCancel();
    }
  };

  return (
    <div class="phrase-field">
      <input
        ref={field}
        type="text"
        dir="auto"
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        placeholder="What stands here?"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => {
          setOpen(true);
          setActive(-1);
          onInput(currentTarget.value);
        }}
        onFocus={() => {
          onFocus();
          setOpen(value === '');
        }}
        onClick={() => setOpen(true)}
        onBlur={({ currentTarget }) => {
          close();
          if (!onLeave) onCommit();
          // A field that has the focus still loses it with the window, and gets it back with it.
          else if (document.activeElement !== currentTarget) onLeave();
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="Phrases that the model knows"
        class="completions"
        hidden={!isOpen}
      >
        {choices.map((choice, i) => (
          <div
            key={choice}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === active}
            dir="auto"
            class="completion"
            // Before the field loses the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              choose(choice);
            }}
          >
            {choice}
          </div>
        ))}
      </div>
      {error !== undefined && (
        <p id={`${id}-error`} class="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
