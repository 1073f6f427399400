// Click the button on which the mouse was pressed, even if the page is redrawn and the button moves
// before the mouse is released. The browser does not send a click to such a button.

// Distance that the mouse may move while it is pressed, px; moving it farther cancels the click.
const STILL = 8;

/** @type {{button: HTMLElement, x: number, y: number} | null} */
let began = null;
let isListening = false;

/**
 * Return the button or link that contains the target of an event, if any.
 * @param {PointerEvent} event
 * @returns {HTMLElement | null}
 */
const buttonOf = (event) => {
  const target = event.composedPath()[0];
  return target instanceof Element ? target.closest("button, a[href]") : null;
};

/** @param {PointerEvent} event */
const begin = (event) => {
  const button = event.button === 0 && event.pointerType === "mouse" ? buttonOf(event) : null;
  began = button && { button, x: event.clientX, y: event.clientY };
};

/** @param {PointerEvent} event */
const end = (event) => {
  const press = began;
  began = null;
  if (!press || buttonOf(event) === press.button) return;
  const moved = Math.hypot(event.clientX - press.x, event.clientY - press.y);
  if (moved <= STILL && press.button.isConnected) press.button.click();
};

export default function () {
  // The component is drawn on each page; its script is loaded once.
  if (isListening) return;
  isListening = true;
  document.addEventListener("pointerdown", begin, true);
  document.addEventListener("pointerup", end, true);
}
