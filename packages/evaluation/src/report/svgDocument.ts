// As much of a document as Observable Plot asks for to draw an SVG without a browser.

import { checkText } from '@spatiallock/core/checks';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for HTML and SVG, in content and in attributes. */
export function escapeMarkup(text: string): string {
  checkText(text, 'text');
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
}

/** An element that can be built and printed; it has neither layout nor events. */
export class SvgElement {
  readonly children: (SvgElement | string)[] = [];
  readonly attributes = new Map<string, string>();
  readonly style = {
    /** As the DOM's style.setProperty. */
    setProperty: (name: string, value: string): void => {
      const before = this.attributes.get('style');
      this.attributes.set('style', `${before ? `${before};` : ''}${name}:${value}`);
    },
  };

  constructor(
    readonly tagName: string,
    readonly ownerDocument: SvgDocument,
  ) {}

  get namespaceURI(): string {
    return 'http://www.w3.org/2000/svg';
  }

  get parentNode(): null {
    return null;
  }

  get firstChild(): SvgElement | string | null {
    return this.children[0] ?? null;
  }

  get childNodes(): readonly (SvgElement | string)[] {
    return this.children;
  }

  /** As the DOM's. */
  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }

  /** As the DOM's; the namespace is ignored. */
  setAttributeNS(_space: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  /** As the DOM's. */
  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  /** As the DOM's. */
  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  /** As the DOM's. */
  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }

  /** As the DOM's. */
  appendChild<T extends SvgElement | string>(child: T): T {
    this.children.push(child);
    return child;
  }

  /** As the DOM's. */
  append(...added: (SvgElement | string)[]): void {
    this.children.push(...added);
  }

  /** As the DOM's. */
  insertBefore<T extends SvgElement | string>(child: T, next: SvgElement | string | null): T {
    const at = next === null ? -1 : this.children.indexOf(next);
    this.children.splice(at < 0 ? this.children.length : at, 0, child);
    return child;
  }

  /** Finds nothing. */
  querySelector(): null {
    return null;
  }

  /** Finds nothing. */
  querySelectorAll(): [] {
    return [];
  }

  set textContent(text: string) {
    this.children.splice(0, this.children.length, text);
  }

  /** The markup of the element. */
  toString(): string {
    const attributes = [...this.attributes]
      .map(([name, value]) => ` ${name}="${escapeMarkup(value)}"`)
      .join('');
    const content = this.children
      .map((c) => (typeof c === 'string' ? escapeMarkup(c) : c.toString()))
      .join('');
    return `<${this.tagName}${attributes}>${content}</${this.tagName}>`;
  }
}

/** The part of a DOM document that charts are drawn with, where there is no browser. */
export class SvgDocument {
  readonly documentElement = new SvgElement('html', this);

  /** As the DOM's. */
  createElement(name: string): SvgElement {
    return new SvgElement(name, this);
  }

  /** As the DOM's; the namespace is ignored. */
  createElementNS(_space: string, name: string): SvgElement {
    return new SvgElement(name, this);
  }

  /** As the DOM's. */
  createTextNode(text: string): string {
    return text;
  }

  /** Finds nothing. */
  querySelector(): null {
    return null;
  }
}
