// Code that the scripts of all components share. It is put before each script, as none can import.

/**
 * Return the element of the component's markup that matches a selector.
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
