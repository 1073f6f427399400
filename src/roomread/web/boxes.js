// A picture with a numbered box for each face, and the scores of the face whose box is chosen.

/**
 * @typedef {object} Face
 * @property {[number, number, number, number]} box Left, top, right and bottom, px of the picture.
 * @property {string} color
 * @property {string} text
 * @property {string} scores HTML.
 *
 * @typedef {object} Data
 * @property {string} id Id of the picture.
 * @property {string} picture URL of the picture.
 * @property {string} alt
 * @property {number} width Width of the picture, px.
 * @property {number} height Height of the picture, px.
 * @property {number} chosen Index of the face that is chosen at first.
 * @property {Face[]} faces
 * @property {string} nothing Text shown if there is no face.
 */

/** @param {{data: Data, parentElement: HTMLElement, setStateValue: (name: string, value: number) => void}} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = part(parentElement, ".faces", HTMLElement);
  const picture = part(root, "img", HTMLImageElement);
  const frame = part(root, ".frame", HTMLElement);
  const said = part(root, ".said", HTMLElement);
  const scores = part(root, ".scores", HTMLElement);
  if (root.dataset.picture !== data.id) {
    root.dataset.picture = data.id;
    root.dataset.chosen = String(data.chosen);
    picture.src = data.picture;
    picture.alt = data.alt;
  }
  frame.style.aspectRatio = `${data.width} / ${data.height}`;
  frame.querySelectorAll("button").forEach((button) => button.remove());

  const buttons = data.faces.map(({ box, color, text }, index) => {
    const [left, top, right, bottom] = box;
    const button = document.createElement("button");
    button.type = "button";
    const number = document.createElement("span");
    number.textContent = String(index + 1);
    button.append(number);
    button.setAttribute("aria-label", text);
    button.title = text;
    Object.assign(button.style, {
      left: `${(100 * left) / data.width}%`,
      top: `${(100 * top) / data.height}%`,
      width: `${(100 * (right - left)) / data.width}%`,
      height: `${(100 * (bottom - top)) / data.height}%`,
      borderColor: color,
    });
    button.addEventListener("click", () => {
      choose(index);
      setStateValue("chosen", index);
    });
    frame.append(button);
    return button;
  });

  /** @param {number} index */
  const choose = (index) => {
    root.dataset.chosen = String(index);
    buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === index)));
    const face = data.faces[index];
    said.textContent = face?.text ?? data.nothing;
    scores.innerHTML = face?.scores ?? "";
  };
  choose(Math.min(Number(root.dataset.chosen), data.faces.length - 1));
}
