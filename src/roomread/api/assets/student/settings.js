/**
 * The settings of a reading, and when its files are loaded.
 * @module
 */

/** @typedef {import("./parameters.js").Settings} Settings */

/**
 * @returns {Promise<Settings>}
 * @throws {Error} The service does not answer.
 */
export async function fetchSettings() {
  const response = await fetch("/assets/reader");
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  return response.json();
}

/**
 * Return whether the nets may be loaded and opened while a student reads what they may agree to.
 * Where data or memory may be dear they are loaded only once the student has agreed.
 *
 * @param {{userAgent: string, userAgentData?: {mobile: boolean}, connection?: {saveData?: boolean}}}
 *   browser The page's `navigator`.
 * @returns {boolean}
 */
export function mayLoadAhead(browser) {
  return !isMobile(browser) && !browser.connection?.saveData;
}

/**
 * @param {{userAgent: string, userAgentData?: {mobile: boolean}}} browser
 * @returns {boolean} Whether it runs on a phone or a tablet.
 */
export function isMobile({ userAgent, userAgentData }) {
  return userAgentData?.mobile ?? /Mobi|Android|iPhone|iPad/.test(userAgent);
}
