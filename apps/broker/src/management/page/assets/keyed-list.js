/**
 * The children of an element: one view for each key, made once and updated in place, so that focus, hover and
 * scrolling stay where they are. A view has an `element` and an `update`.
 */
export class KeyedList {
  #views = new Map();

  constructor(parent, makeView) {
    this.parent = parent;
    this.makeView = makeView;
  }

  get views() {
    return this.#views.values();
  }

  show(items, keyOf) {
    const before = this.#views;
    this.#views = new Map(items.map((item) => [keyOf(item), before.get(keyOf(item)) ?? this.makeView(item)]));
    for (const [key, view] of before) if (!this.#views.has(key)) view.element.remove();
    this.#place();
    for (const item of items) this.#views.get(keyOf(item)).update(item);
  }

  /** Moves nothing that stands in its place: a moved element would lose the focus. */
  #place() {
    let next = this.parent.firstElementChild;
    for (const { element } of this.#views.values()) {
      if (element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(element, next);
    }
  }
}
