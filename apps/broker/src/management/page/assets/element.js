/**
 * A new element. Strings among the children become text, never markup.
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * What is in index.html.
 * @param {string} id
 */
export function byId(id) {
  return document.getElementById(id);
}

/** Leaves alone what says so already: nothing flickers, and nothing is read out twice. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {string | undefined} value undefined takes the attribute away */
export function setAttribute(node, name, value) {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** A `<time>` that says some words and holds the instant for machines and for the pointer. */
export function setTime(node, iso, words, title) {
  setText(node, words);
  setAttribute(node, 'datetime', iso);
  setAttribute(node, 'title', title);
}
