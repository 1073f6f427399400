// A picture with a numbered box for each face; a chosen box shows the scores of its face.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".faces");
  const picture = root.querySelector("img");
  const frame = root.querySelector(".frame");
  const said = root.querySelector(".said");
  const scores = root.querySelector(".scores");
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

  const choose = (index) => {
    root.dataset.chosen = String(index);
    buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === index)));
    const face = data.faces[index];
    said.textContent = face?.text ?? data.nothing;
    scores.innerHTML = face?.scores ?? "";
  };
  choose(Math.min(Number(root.dataset.chosen), data.faces.length - 1));
}
