// Files that are dropped on the page.

import { signal } from '@preact/signals';
import { openFirst } from './openDocument.js';
import { isModelFile, openFolder, openModelFiles } from './ownModel.js';
import { addToLessons } from './toLessons.js';

/** Whether a file is held over the page. */
export const isHeldOver = signal(false);

const holdsFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;

function onDragOver(event: DragEvent): void {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  isHeldOver.value = true;
}

function onDragLeave({ relatedTarget }: DragEvent): void {
  if (relatedTarget === null) isHeldOver.value = false;
}

/** `handles` are those of the files, where the browser gives them. */
type OnFiles = (
  files: readonly [File, ...File[]],
  target: EventTarget | null,
  handles: Promise<readonly FileSystemHandle[]>,
) => void;

/** Opens what is dropped on the studio. */
export const openInStudio: OnFiles = (files, target, handles) => {
  void handles.then((given) => {
    const folder = given.find((handle) => handle.kind === 'directory');
    if (folder) return openFolder(folder as FileSystemDirectoryHandle);
    // A config may come before the weights that it belongs to.
    if (files.some(isModelFile)) return openModelFiles(files, given);
    const isForLessons = target instanceof Element && target.closest('[data-drop="lessons"]') !== null;
    return isForLessons ? addToLessons(files) : openFirst(files);
  });
};

interface HandleItem {
  readonly getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}

/** The handles of what is dropped; none where the browser gives none. It has to be asked while the event is handled. */
function handlesOf(dropped: DataTransfer | null): Promise<readonly FileSystemHandle[]> {
  const items = [...(dropped?.items ?? [])].filter(({ kind }) => kind === 'file') as readonly HandleItem[];
  return Promise.all(items.map((item) => item.getAsFileSystemHandle?.())).then(
    (found) => found.filter((each) => each !== null && each !== undefined),
    () => [],
  );
}

/** Hands on files that are dropped on the page from now on; the browser would leave the page for them. Returns how to end it. */
export function hearDrops(onFiles: OnFiles): () => void {
  const onDrop = (event: DragEvent): void => {
    isHeldOver.value = false;
    if (!holdsFiles(event)) return;
    event.preventDefault();
    const [file, ...more] = event.dataTransfer?.files ?? [];
    if (file) onFiles([file, ...more], event.target, handlesOf(event.dataTransfer));
  };
  addEventListener('dragover', onDragOver);
  addEventListener('dragleave', onDragLeave);
  addEventListener('drop', onDrop);
  return () => {
    removeEventListener('dragover', onDragOver);
    removeEventListener('dragleave', onDragLeave);
    removeEventListener('drop', onDrop);
  };
}
