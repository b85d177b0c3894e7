// Small controls that several panels share.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Limits } from '../state/settings.js';
import { Icon, type IconName } from './icons.js';

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: (event: Event) => void;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly keys?: string;
}

/** A button that shows an icon; its label is read out, and shown on hover. */
export function IconButton({ icon, label, onClick, disabled = false, pressed, keys }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      title={keys ? `${label} (${keys.replaceAll('+', ' ')})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly range: Limits;
  readonly onInput: (value: number) => void;
  /** What stands for the value where a number says little. */
  readonly shown?: string;
  readonly hint?: string;
  readonly disabled?: boolean;
}

export function Slider({ label, value, range, onInput, shown, hint, disabled = false }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{shown ?? value}</output>
      <input
        id={id}
        type="range"
        min={range.min}
        max={range.max}
        step={range.step}
        value={value}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onInput(currentTarget.valueAsNumber)}
      />
      {hint && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

interface SwitchProps {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** A button that lets a file be picked. */
export function FileButton({
  onFile,
  ...props
}: {
  readonly label: string;
  readonly accept: string;
  readonly icon?: IconName;
  readonly onFile: (file: File) => void;
}) {
  return <FilesButton {...props} onFiles={([file]) => file && onFile(file)} />;
}

/** A button that lets several files, or the files of a folder, be picked. */
export function FilesButton(props: {
  readonly label: string;
  readonly accept?: string;
  readonly icon?: IconName;
  readonly kind?: 'files' | 'folder';
  readonly onFiles: (files: readonly File[]) => void;
}) {
  const id = useId();
  const { kind } = props;
  return (
    <span class="file-button">
      <input
        id={id}
        type="file"
        class="visually-hidden"
        accept={props.accept}
        multiple={kind !== undefined}
        {...(kind === 'folder' ? { webkitdirectory: true } : {})}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = '';
          if (files.length > 0) props.onFiles(files);
        }}
      />
      <label for={id} class="button quiet">
        {props.icon && <Icon name={props.icon} />}
        {props.label}
      </label>
    </span>
  );
}
