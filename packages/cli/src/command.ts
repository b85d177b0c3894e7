// What a command of one's own needs to behave as `spatiallock` does: strict flags, help, one line of error, exit codes, Ctrl-C.

export { exitCodes, InputError, Interruption, oneLine, reading } from './errors.js';
export { exitCodeOf } from './exitCode.js';
export {
  type ArgsDef,
  choice,
  type Flags,
  filled,
  number,
  positive,
  type Range,
  readFlags,
  text,
  wholeNumber,
  wholeNumbers,
} from './flags.js';
export { help, isHelp } from './help.js';
export { type Io, note, say } from './io.js';
export { asProcess } from './process.js';
