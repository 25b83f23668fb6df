// One message at a time is a stop of the Tab key, with what is in it; the arrow keys go to the others.

/** What the Tab key stops at in a message. */
export const STOPS = "a[href], button, input, select, textarea, summary, video";
const OWN_ARROWS = "select, input, textarea, video, .popup[open]";

export class Roving {
  #list;
  #current = null;

  /** `list`: the element whose children are gone through. */
  constructor(list) {
    this.#list = list;
    list.addEventListener("focusin", ({ target }) => this.#choose(this.#itemOf(target)));
    list.addEventListener("keydown", (event) => this.#go(event));
  }

  /** An item was built anew or is gone: the newest is the stop, unless somebody is among them. */
  update(item) {
    const isThere = this.#list.contains(this.#current) && this.#list.contains(document.activeElement);
    if (!isThere) this.#choose(this.#list.lastElementChild);
    if (item) setStop(item, item === this.#current);
  }

  #choose(item) {
    if (item === this.#current) return;
    if (this.#current) setStop(this.#current, false);
    this.#current = item;
    if (item) setStop(item, true);
  }

  #itemOf(node) {
    while (node && node.parentElement !== this.#list) node = node.parentElement;
    return node;
  }

  #go(event) {
    const item = this.#itemOf(event.target);
    if (!item || event.target.closest(OWN_ARROWS)) return;
    const { firstElementChild: first, lastElementChild: last } = this.#list;
    const to = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling, Home: first, End: last, Escape: item };
    if (!to[event.key]) return;
    event.preventDefault();
    to[event.key].focus();
  }
}

function setStop(item, isStop) {
  for (const node of [item, ...item.querySelectorAll(STOPS)]) node.tabIndex = isStop ? 0 : -1;
}
