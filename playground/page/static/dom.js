// Building elements: text is always text, never markup.

/** An element with attributes (`true` for a bare one, a function for a listener) and children. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child != null));
  return node;
}

/** A fragment of nodes and strings. */
export function fragment(...children) {
  const nodes = document.createDocumentFragment();
  nodes.append(...children.flat().filter((child) => child != null));
  return nodes;
}
