/** What core needs of an AbortSignal; the platform's own fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  throwIfAborted(): void;
}
