/** The page that shows students what their camera would send; it sends nothing. */

import { CameraPanel } from "./panel.js";

const root = document.querySelector("#camera");
if (root instanceof HTMLElement) {
  new CameraPanel(root, (message) => JSON.stringify(message));
}
