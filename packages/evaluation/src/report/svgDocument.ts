// As much of a document as Observable Plot asks for to draw an SVG without a browser.

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for HTML and SVG, in content and in attributes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
}

/** An element that can be built and printed; it has neither layout nor events. */
export class SvgElement {
  readonly children: (SvgElement | string)[] = [];
  readonly attributes = new Map<string, string>();
  readonly style = {
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

  setAttribute(name: string, value: unknown): void {
    this.attributes.set(name, String(value));
  }

  setAttributeNS(_space: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name);
  }

  appendChild<T extends SvgElement | string>(child: T): T {
    this.children.push(child);
    return child;
  }

  append(...added: (SvgElement | string)[]): void {
    this.children.push(...added);
  }

  insertBefore<T extends SvgElement | string>(child: T, next: SvgElement | string | null): T {
    const at = next === null ? -1 : this.children.indexOf(next);
    this.children.splice(at < 0 ? this.children.length : at, 0, child);
    return child;
  }

  querySelector(): null {
    return null;
  }

  querySelectorAll(): [] {
    return [];
  }

  set textContent(text: string) {
    this.children.splice(0, this.children.length, text);
  }

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

  createElement(name: string): SvgElement {
    return new SvgElement(name, this);
  }

  createElementNS(_space: string, name: string): SvgElement {
    return new SvgElement(name, this);
  }

  createTextNode(text: string): string {
    return text;
  }

  querySelector(): null {
    return null;
  }
}
