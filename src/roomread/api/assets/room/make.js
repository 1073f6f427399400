/** The page on which a teacher makes a room. */

import { part, partAs } from "../page.js";
import { t } from "../texts.js";

part("make").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = partAs("name", HTMLInputElement).value;
  // Where the purpose allows no faces the page has no such box.
  const box = document.getElementById("faces");
  const faces = box instanceof HTMLInputElement && box.checked;
  try {
    const answer = await fetch("/api/v1/rooms", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, faces }),
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
