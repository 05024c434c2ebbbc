// Draws charts from the numbers in their `data-chart`; the table beside each says the
// same, and is all there is where this does not run.
(() => {
  "use strict";
  const drawn = [];
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.className = name;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const day = (at) => new Date(at * 1000).toISOString().slice(0, 10);
  const number = (n) => (n === null || n === undefined ? "–" : n.toLocaleString("en", { maximumFractionDigits: 1 }));

  const draw = (figure) => {
    const chart = JSON.parse(figure.dataset.chart);
    const place = figure.querySelector(".plot");
    place.textContent = "";
    const dim = getComputedStyle(place).color;
    const grid = colour("swatch-grid");
    const axis = { stroke: dim, font: "12px system-ui, sans-serif", grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
    const series = chart.series.map((one, index) => {
      const stroke = colour(`swatch-${"abc"[index]}`);
      const bars = one.bars
        ? { paths: uPlot.paths.bars({ size: [0.38, 22], align: index === 0 ? -1 : 1 }), fill: stroke, points: { show: false } }
        : { width: 2, dash: one.dash ? [6, 4] : undefined, points: { show: true, size: 6, fill: stroke }, spanGaps: true };
      return { label: one.label, stroke, value: (_, n) => number(n), ...bars };
    });
    const width = Math.max(240, place.clientWidth);
    const plot = new uPlot({
      width, height: 200, padding: [8, 8, 0, 0],
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(1, (high ?? 0) * 1.12)] } },
      axes: [
        { ...axis, values: (_, splits) => splits.map((at) => day(at).slice(5)) },
        { ...axis, size: 52, values: (_, splits) => splits.map((n) => (chart.whole && n % 1 ? "" : number(n))) },
      ],
      series: [{ label: chart.x, value: (_, at) => (at === null ? "–" : day(at)) }, ...series],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
    }, [chart.at, ...chart.series.map((one) => one.values)], place);
    return plot;
  };

  const figures = Array.from(document.querySelectorAll("[data-chart]"));
  const again = () => {
    for (const plot of drawn.splice(0)) plot.destroy();
    for (const figure of figures) drawn.push(draw(figure));
  };
  for (const figure of figures) figure.querySelector("details")?.removeAttribute("open");
  again();
  addEventListener("leeward:theme", again);
  let waiting = 0;
  const widths = () => figures.map((figure) => figure.clientWidth).join();
  let before = widths();
  const watch = new ResizeObserver(() => {
    if (widths() === before) return;
    before = widths();
    clearTimeout(waiting);
    waiting = setTimeout(again, 120);
  });
  for (const figure of figures) watch.observe(figure);
})();
