// What the scripts of the components share: it is put before each of them, as none can import.

/**
 * Return a part of the component's markup.
 * @template {Element} T
 * @param {Element} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
const part = (root, selector, type) => {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the component has no ${selector}`);
  return found;
};
