/** The page that shows students what the join page would send, without sending it. */

import { CameraPanel } from "./panel.js";
import { mayLoadAhead } from "./settings.js";

const root = document.querySelector("#camera");
if (root instanceof HTMLElement) {
  const panel = new CameraPanel(root, (message) => JSON.stringify(message));
  if (mayLoadAhead(navigator)) panel.prepare();
}
