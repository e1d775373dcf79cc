// The structure: backbone, and predicted contacts, turned by dragging, by a finger or by the arrow keys.
for (const host of document.querySelectorAll("div.structure")) {
  const {points, labels, bonds, contacts, cutoff} = JSON.parse(host.querySelector("script").textContent);
  const namespace = "http://www.w3.org/2000/svg";
  const element = (name, parent) => parent.appendChild(document.createElementNS(namespace, name));
  const radius = Math.max(...points.map(point => Math.hypot(...point))) || 1;
  const picture = element("svg", host), status = host.appendChild(document.createElement("p"));
  picture.setAttribute("viewBox", "-110 -110 220 220");
  picture.setAttribute("tabindex", 0);
  picture.setAttribute("role", "application");
  picture.setAttribute("aria-label", "Structure with predicted contacts. Arrow keys turn it, plus and minus zoom.");
  status.textContent = `Backbone and predicted contacts: solid, closer than ${cutoff} Å in the structure; dashed, not. `
    + "Drag or use the arrow keys to turn it, + and − to zoom.";
  const line = (ends, kind, title) => {
    const mark = element("line", picture);
    mark.setAttribute("class", kind);
    element("title", mark).textContent = title;
    return {mark, ends};
  };
  const name = ([first, second]) => `${labels[first]} and ${labels[second]}`;
  const lines = [
    ...bonds.map(ends => line(ends, "bond", name(ends))),
    ...contacts.map(([first, second, inContact, score, distance]) => line([first, second], inContact ? "contact" : "miss",
      `${name([first, second])}: score ${score}, ${distance} Å apart`)),
  ];
  // Ends of the chain, and about ten residues between them, have their names beside them.
  const every = Math.max(1, Math.round(points.length / 10));
  const names = labels.map((text, n) => n % every && n !== labels.length - 1 ? null : {n, mark: element("text", picture), text})
    .filter(Boolean);
  for (const {mark, text} of names) mark.textContent = text;

  // Rows of a rotation matrix.
  let axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]], zoom = 1;
  const draw = () => {
    const scale = 95 * zoom / radius;
    const places = points.map(point => axes.map(axis => axis.reduce((sum, value, k) => sum + value * point[k], 0) * scale));
    for (const {mark, ends} of lines) {
      const [[x1, y1, z1], [x2, y2, z2]] = ends.map(end => places[end]);
      for (const [key, value] of Object.entries({x1, y1: -y1, x2, y2: -y2})) mark.setAttribute(key, value.toFixed(1));
      // What is far is paler.
      mark.style.opacity = (0.65 + 0.35 * Math.max(-1, Math.min(1, (z1 + z2) / 2 / (95 * zoom)))).toFixed(2);
    }
    for (const {n, mark} of names) {
      mark.setAttribute("x", (places[n][0] + 2).toFixed(1));
      mark.setAttribute("y", (-places[n][1]).toFixed(1));
    }
  };
  const turn = (right, up) => {
    const [c, s, d, t] = [Math.cos(right), Math.sin(right), Math.cos(up), Math.sin(up)], [x, y, z] = axes;
    const mix = (a, b, p, q) => a.map((value, k) => p * value + q * b[k]);
    const deep = mix(x, z, -s, c);
    axes = [mix(x, z, c, s), mix(y, deep, d, t), mix(y, deep, -t, d)];
    draw();
  };
  const enlarge = factor => { zoom *= factor; draw(); };
  const keys = {ArrowLeft: () => turn(-0.15, 0), ArrowRight: () => turn(0.15, 0), ArrowUp: () => turn(0, 0.15),
                ArrowDown: () => turn(0, -0.15), "+": () => enlarge(1.2), "-": () => enlarge(1 / 1.2)};
  picture.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  let last = {};
  picture.addEventListener("pointerdown", event => { last = event; });
  picture.addEventListener("pointermove", event => {
    if (!event.buttons) return;
    turn((event.clientX - last.clientX) / 120, (last.clientY - event.clientY) / 120);
    last = event;
  });
  draw();
}
