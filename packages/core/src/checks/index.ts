export { checkKeys, checkObject } from './checkKeys.js';
export { checkCallback, checkFlag, checkNumber, checkWhole, type NumberRange } from './checkNumber.js';
export {
  DataError,
  type DataIssue,
  type DataIssueKind,
  type IssueCollector,
  issueCollector,
  issueText,
  type ReadOptions,
  shortText,
} from './issues.js';
export { didYouMean, editDistance, nearestName, nearestNames } from './nearest.js';
export { messageOf, showValue } from './showValue.js';
