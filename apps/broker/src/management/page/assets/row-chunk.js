import { element } from './element.js';
import { KeyedList } from './keyed-list.js';
import { TokenRow } from './token-row.js';

/** Rows that appear and vanish together. */
export const chunkSize = 25;
/** Pixels around the screen in which rows exist: the next one is there before the Tab key or the wheel reaches it. */
const margin = 1_200;

/** Of rows that do not exist yet: as high as those seen last. */
let rowHeight = 92;

const chunks = new WeakMap();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) chunks.get(target)?.setNear(isIntersecting);
  },
  { rootMargin: `${margin}px 0px` },
);

/** Some rows of a list of which only those near the screen exist: ten thousand would take seconds and memory. */
export class RowChunk {
  element = element('ul', { role: 'list', class: 'chunk' });
  #rows;
  #isNear = false;
  #shown = [];

  constructor(actions) {
    this.#rows = new KeyedList(this.element, () => new TokenRow(actions));
    chunks.set(this.element, this);
    observer.observe(this.element);
  }

  /** @param {{ rows: { token: object }[], label: string }} chunk */
  update({ rows, label }) {
    this.#shown = rows;
    this.element.setAttribute('aria-label', label);
    this.#render();
  }

  /** The tokens whose rows exist. */
  get inView() {
    return this.#isNear ? this.#shown.map(({ token }) => token) : [];
  }

  setNear(isNear) {
    // A focused row stays: the next press of Tab leads on from it.
    if (!isNear && this.element.contains(document.activeElement)) return;
    if (this.#isNear && !isNear && this.#shown.length > 0 && this.element.offsetHeight > 0)
      rowHeight = this.element.offsetHeight / this.#shown.length;
    this.#isNear = isNear;
    this.#render();
  }

  #render() {
    this.element.style.height = this.#isNear ? '' : `${this.#shown.length * rowHeight}px`;
    this.#rows.show(this.#isNear ? this.#shown : [], ({ token }) => token.id);
  }
}
