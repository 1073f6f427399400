/**
 * Fetch the settings of a reading, and decide when to load its files.
 * @module
 */

/** @typedef {import("./parameters.js").Settings} Settings */

/**
 * Fetch the settings from the service.
 * @returns {Promise<Settings>}
 * @throws {Error} The service does not respond.
 */
export async function fetchSettings() {
  const response = await fetch("/assets/reader");
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  return response.json();
}

/**
 * Return whether the nets may be loaded while a student still reads the consent text. On mobile
 * devices and with data saving on, they are loaded only once the student has agreed.
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
