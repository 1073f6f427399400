// The seats of a lesson over time: a click on a row chooses its seat.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".seats");
  root.seats = data;
  root.tell = setTriggerValue;
  if (root.drawn !== data.svg) {
    root.drawn = data.svg;
    root.innerHTML = data.svg;
    const frame = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    Object.entries({ x: 1, fill: "none", stroke: "currentColor", "stroke-width": 2 }).forEach(
      ([name, value]) => frame.setAttribute(name, value)
    );
    root.frame = frame;
    root.querySelector("svg").append(frame);
  }
  const row = data.seats.indexOf(data.chosen);
  root.frame.setAttribute("visibility", row < 0 ? "hidden" : "visible");
  root.frame.setAttribute("y", data.top + row * data.height - 1);
  root.frame.setAttribute("height", data.height + 1);
  root.frame.setAttribute("width", data.width - 2);
  root.onclick = (event) => {
    const svg = root.querySelector("svg");
    const box = svg.getBoundingClientRect();
    const { top, height, width, seats } = root.seats;
    const y = ((event.clientY - box.top) / box.width) * width;
    const seat = seats[Math.floor((y - top) / height)];
    if (seat !== undefined) root.tell("chosen", seat);
  };
}
