// Files that are dropped on the page.

import { signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { say } from './notices.js';
import { openFirst } from './openDocument.js';
import { isModelFile, openModelFiles } from './ownModel.js';

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
export const openInStudio: OnFiles = ([file, ...more], target, handles) => {
  if (isModelFile(file)) {
    void handles.then((given) => openModelFiles([file, ...more], given));
    return;
  }
  const panel = target instanceof Element && target.closest<HTMLDetailsElement>('[data-drop="lessons"]');
  if (panel) {
    panel.open = true;
    void addLessons([file, ...more]);
    return;
  }
  openFirst([file, ...more]);
};

/** What is dropped on the panel of lessons is learnt from; its scripts are loaded when they are needed. */
async function addLessons(files: readonly File[]): Promise<void> {
  try {
    const { addFiles } = await import('./lessons.js');
    await addFiles(files);
  } catch (cause) {
    say('error', `The pictures could not be added: ${messageOf(cause)}`);
  }
}

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
