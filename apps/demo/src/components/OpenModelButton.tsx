import {
  hasPicker,
  type ModelKind,
  openFiles,
  openModelFiles,
  pickModel,
  WEIGHTS,
} from '../state/ownModel.js';
import { FilesButton } from './controls.js';
import { Icon } from './icons.js';

/** Opens a folder or files, by the browser's own picker where it has one: then they can be asked for again after a reload. */
export function OpenModelButton({ kind, label }: { readonly kind: ModelKind; readonly label: string }) {
  if (hasPicker(kind)) {
    return (
      <button type="button" class="button quiet" onClick={() => void pickModel(kind)}>
        <Icon name="open" />
        {label}
      </button>
    );
  }
  return (
    <FilesButton
      label={label}
      icon="open"
      kind={kind}
      {...(kind === 'files' ? { accept: WEIGHTS.join() } : {})}
      onFiles={(files) => void (kind === 'folder' ? openFiles(files) : openModelFiles(files))}
    />
  );
}
