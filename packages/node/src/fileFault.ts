// Errors of the file system in words: which file, and why.

/** The codes that people meet; others keep Node's own message. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'there is something of that name',
  EFBIG: 'the file is too large for this disk',
  EIO: 'the disk failed',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of the path is not a folder',
  EPERM: 'the operation is not permitted',
  EROFS: 'the disk is read-only',
};

/** `PATH: cannot be written (ENOSPC: no space is left on the disk)`; the code and the cause are kept. */
export function fileFault(path: string, done: 'read' | 'written' | 'synced', cause: unknown): Error {
  const code = codeOf(cause);
  const reason = code === undefined ? undefined : reasons[code];
  const message = cause instanceof Error ? cause.message : String(cause);
  const error = new Error(`${path}: cannot be ${done} (${reason ? `${code}: ${reason}` : message})`, {
    cause,
  });
  return code === undefined ? error : Object.assign(error, { code });
}

/** Node's code of an error, such as ENOENT. */
export function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Codes for a link on exFAT or FAT; Windows answers EISDIR there. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR'];

/** Whether a link could not be made because the file system has none. */
export const isWithoutLinks = (cause: unknown): boolean => NO_LINKS.includes(codeOf(cause) ?? '');
