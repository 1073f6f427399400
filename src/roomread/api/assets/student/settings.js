/**
 * The settings of a reading, and its files loaded ahead.
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
 * Load the files of a reading into the browser's cache, while a student reads what they may agree
 * to. Where data may be dear they are loaded only once the student has agreed.
 *
 * @param {{userAgent: string, userAgentData?: {mobile: boolean}, connection?: {saveData?: boolean}}}
 *   browser The page's `navigator`.
 */
export async function loadAhead(browser) {
  if (isMobile(browser) || browser.connection?.saveData) {
    return;
  }
  try {
    const { runtime, wasm, nets } = await fetchSettings();
    const urls = [runtime, wasm, ...Object.values(nets)];
    await Promise.all(
      urls.map(async (url) => (await fetch(url, { priority: "low" })).arrayBuffer()),
    );
  } catch {
    // What fails here is loaded again, and its failure said, when the camera is switched on.
  }
}

/**
 * @param {{userAgent: string, userAgentData?: {mobile: boolean}}} browser
 * @returns {boolean} Whether it runs on a phone or a tablet.
 */
export function isMobile({ userAgent, userAgentData }) {
  return userAgentData?.mobile ?? /Mobi|Android|iPhone|iPad/.test(userAgent);
}
