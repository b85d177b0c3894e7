// What the command line tells of a picture, the page tells by the same code.

export { type JudgedObject, judgeObjects, MIN_SCORE } from '../../../../packages/cli/src/judge.js';
export { labelOf } from '../../../../packages/cli/src/labels.js';
