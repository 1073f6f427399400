/** The page on which a teacher creates a room. */

import { ask, problemOf } from "../api.js";
import { part, partAs } from "../page.js";

part("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = partAs("name", HTMLInputElement).value;
  // If the purpose does not allow reading faces, the page has neither the checkbox nor the notice.
  const [box, told] = [document.getElementById("faces"), document.getElementById("notice")];
  const faces = box instanceof HTMLInputElement && box.checked;
  const notice = told instanceof HTMLInputElement ? told.value : "";
  try {
    const made = await ask("/rooms", { name, faces, notice });
    location.assign(`/room/${made.id}`);
  } catch (error) {
    complain(problemOf(error));
  }
});

/**
 * Show an error message.
 * @param {string} text
 */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = false;
}
