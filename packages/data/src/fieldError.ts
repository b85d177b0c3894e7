import type { DataIssue } from './issues.js';

/** Thrown by readers of single values; the field stands before the message. */
export class FieldError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.field = field;
  }

  get issue(): Pick<DataIssue, 'field' | 'message'> {
    return { field: this.field, message: this.message.slice(this.field.length + 2) };
  }
}
