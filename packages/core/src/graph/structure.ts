import type { Tensor } from './tensor.js';
import { type Attrs, attrsOf, type ConstantAttrs, constantOp, type Value } from './value.js';

const MAX_BYTES = 4096;

/** Finds values that compute the same thing: one op, the same inputs, equal attributes. */
export class Structure {
  readonly #ids = new Map<unknown, number>();
  readonly #known = new Map<string, Value>();

  /** The first value given that computes what `value` does; its inputs must have been interned before. */
  intern(value: Value): Value {
    if (this.#ids.has(value)) return value;
    const key = this.#key(value);
    const before = this.#known.get(key);
    if (before) return before;
    this.#id(value);
    this.#known.set(key, value);
    return value;
  }

  #key(value: Value): string {
    if (value.op === constantOp) return this.#constant(attrsOf<ConstantAttrs>(value).tensor);
    // Inputs and parameters are themselves and no other.
    if (value.inputs.length === 0) return `leaf ${this.#id(value)}`;
    const inputs = value.inputs.map((x) => this.#id(x)).join(' ');
    return `${this.#id(value.op)} ${inputs} ${this.#attrs(value.attrs)}`;
  }

  #constant({ dtype, shape, data }: Tensor): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `constant ${dtype} ${shape.join()} ${bytes.length <= MAX_BYTES ? bytes.join() : `#${this.#id(data)}`}`;
  }

  #attrs(attrs: Attrs): string {
    return Object.keys(attrs)
      .sort()
      .map((name) => `${name}=${this.#attr(attrs[name])}`)
      .join(' ');
  }

  #attr(attr: unknown): string {
    if (Array.isArray(attr)) return `[${attr.map((x) => this.#attr(x)).join()}]`;
    if (typeof attr === 'string') return JSON.stringify(attr);
    if (Object.is(attr, -0)) return '-0';
    const plain = attr === null || ['number', 'boolean', 'undefined'].includes(typeof attr);
    return plain ? String(attr) : `#${this.#id(attr)}`;
  }

  #id(thing: unknown): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.#ids.set(thing, this.#ids.size);
    return this.#ids.size - 1;
  }
}
