/** What core needs of an AbortSignal; the platform's own fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  /** Throws the signal's reason once it is aborted. */
  throwIfAborted(): void;
}
