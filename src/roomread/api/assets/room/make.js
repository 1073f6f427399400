/** The page on which a teacher makes a room. */

import { part, partAs } from "../page.js";
import { t } from "../texts.js";

part("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = partAs("name", HTMLInputElement).value;
  // Where the purpose allows no faces the page has neither the box nor the notice.
  const [box, told] = [document.getElementById("faces"), document.getElementById("notice")];
  const faces = box instanceof HTMLInputElement && box.checked;
  const notice = told instanceof HTMLInputElement ? told.value : "";
  try {
    const answer = await fetch("/api/v1/rooms", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, faces, notice }),
    });
    const made = await answer.json();
    if (answer.ok) location.assign(`/room/${made.id}`);
    else complain(made.detail);
  } catch {
    complain(t("The service does not answer."));
  }
});

/** @param {string} text */
function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = false;
}
