// Charts: a click or the arrow keys choose a point, whose sequences then stand below; buttons and keys move and zoom.
for (const host of document.querySelectorAll("div.chart")) {
  const element = (name, parent, properties) => parent.appendChild(Object.assign(document.createElement(name), properties));
  const specification = JSON.parse(host.querySelector("script").textContent), points = specification.datasets.points;
  const byId = new Map(points.map(point => [point.id, point]));
  const title = host.closest("figure").querySelector("figcaption b").textContent;
  const plot = element("div", host, {className: "plot", tabIndex: 0});
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-label", `${title} Arrow keys choose a point, plus and minus zoom, 0 shows everything.`);
  const bar = element("p", host, {className: "bar"});
  const output = element("div", host, {className: "chosen"});
  output.setAttribute("aria-live", "polite");

  const show = (view, point) => {
    view.signal("chosen", point.id).runAsync();
    const sequences = point.sequence ? [point] : (point.members || []).map(id => byId.get(id));
    const values = [["τ", point.temperature], ["novelty", point.novelty], ["fidelity", point.fidelity]];
    const told = values.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    output.replaceChildren();
    element("p", output, {textContent: [point.name, ...told].join(", ")});
    if (!sequences.length) return;
    const fasta = sequences.map(one => `>${one.name}\n${one.sequence}\n`).join("");
    element("pre", output, {textContent: fasta, tabIndex: 0}).setAttribute("aria-label", "sequences, aligned");
    element("a", output, {className: "file", download: "sequences.fasta", textContent: "download as FASTA",
                          href: URL.createObjectURL(new Blob([fasta], {type: "text/plain"}))});
  };

  vegaEmbed(plot, specification, {renderer: "svg", actions: false}).then(({view}) => {
    host.closest("figure").classList.add("live");
    const signals = Object.keys(view.getState().signals).filter(name => /^window_(novelty|fidelity|pc1|pc2)$/.test(name));
    const axes = signals.map(name => [name, /novelty|pc1/.test(name) ? "x" : "y"]);
    const zoom = factor => {
      for (const [name, axis] of axes) {
        const [low, high] = view.scale(axis).domain(), middle = (low + high) / 2, half = (high - low) / 2 * factor;
        view.signal(name, factor ? [middle - half, middle + half] : null);
      }
      view.runAsync();
    };
    let place = -1;
    const choose = point => { place = points.indexOf(point); show(view, point); };
    const step = by => choose(points[(place + by + points.length) % points.length]);
    view.addEventListener("click", (event, item) => { if (item?.datum?.id) choose(byId.get(item.datum.id)); });
    const keys = {ArrowRight: () => step(1), ArrowLeft: () => step(place < 0 ? 0 : -1), "+": () => zoom(0.7),
                  "-": () => zoom(1 / 0.7), 0: () => zoom(0)};
    plot.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    for (const [text, label, factor] of [["+", "zoom in", 0.7], ["−", "zoom out", 1 / 0.7], ["all", "show everything", 0]])
      element("button", bar, {type: "button", textContent: text, title: label, onclick: () => zoom(factor)}).setAttribute("aria-label", label);
    element("span", bar, {textContent: "A click, or an arrow key, chooses a point and shows its sequences; drag to move, Ctrl and wheel to zoom."});
  });
}
