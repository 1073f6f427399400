/** The page on which a teacher makes a room. */

const form = /** @type {HTMLFormElement} */ (document.getElementById("make"));
const problem = /** @type {HTMLElement} */ (document.getElementById("problem"));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = /** @type {HTMLInputElement} */ (document.getElementById("name")).value;
  const faces = /** @type {HTMLInputElement | null} */ (document.getElementById("faces"))?.checked ?? false;
  const notice = /** @type {HTMLInputElement | null} */ (document.getElementById("notice"))?.value ?? "";
  const answer = await fetch("/api/v1/rooms", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, faces, notice }),
  });
  const made = await answer.json();
  if (answer.ok) location.assign(`/room/${made.id}`);
  else {
    problem.textContent = made.detail;
    problem.hidden = false;
  }
});
