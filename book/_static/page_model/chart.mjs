// Charts of lines, points and bands, as SVG: sharp at every size, in the colours of the theme.
"use strict";
(() => {
  const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 10, 40]; // px around a chart
  const SPACE = "http://www.w3.org/2000/svg";

  function svg(tag, attributes = {}, ...children) {
    const made = document.createElementNS(SPACE, tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  }

  // Round numbers inside an interval, at most about so many.
  function ticks(low, high, about = 5) {
    const rough = (high - low) / about;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high * (1 + 1e-9); k++) found.push(k * step);
    return found.map((value) => Number(value.toPrecision(6)));
  }

  lstmMd.ticks = ticks;

  function powers(low, high) {
    const decades = Math.log10(high / low);
    const within = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 3, 5, 7];
    const found = [];
    for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++) {
      found.push(...within.map((factor) => Number((factor * 10 ** k).toPrecision(3))));
    }
    return found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  }

  const words = (value) => (value >= 1000 ? value.toLocaleString("en") : String(value).replace("-", "−"));

  // An axis maps its values to pixels.
  function axis({ from, to, log = false, count = 5 }, start, end) {
    const [low, high] = log ? [Math.log(from), Math.log(to)] : [from, to];
    const place = (value) => start + (((log ? Math.log(value) : value) - low) / (high - low || 1)) * (end - start);
    return { place, ticks: log ? powers(from, to) : ticks(from, to, count) };
  }

  // layers: { kind: "band" | "line" | "points" | "mark" | "bars", name, at }, drawn in this order.
  // at: [x, y] of lines and bars, [x, low, high] of bands, [x, y, error] of points, [x] of marks.
  function draw(width, height, x, y, layers) {
    const across = axis({ ...x, count: width / 90 }, LEFT, width - RIGHT);
    const up = axis(y, height - BOTTOM, TOP);
    const [floor, top] = [height - BOTTOM, TOP];
    const inside = (value) => Math.min(floor + 1, Math.max(top - 1, up.place(value)));
    const px = (number) => number.toFixed(1);
    const path = (points) => points.map(([a, b], k) => `${k ? "L" : "M"}${px(a)},${px(b)}`).join("");
    const drawn = {
      band: ({ name, at }) => {
        const edge = (k) => at.map((point) => [across.place(point[0]), inside(point[k])]);
        return [svg("path", { class: `band ${name}`, d: path([...edge(1), ...edge(2).reverse()]) + "Z" })];
      },
      line: ({ name, at }) => [
        svg("path", { class: `line ${name}`, d: path(at.map(([a, b]) => [across.place(a), inside(b)])) }),
      ],
      points: ({ name, at }) =>
        at.flatMap(([a, b, error]) => {
          const [cx, cy] = [px(across.place(a)), px(inside(b))];
          const bar = [svg("path", {
            class: `line ${name}`, d: `M${cx},${px(inside(b - error))}V${px(inside(b + error))}`,
          })]; // prettier-ignore
          return [...(error > 0 ? bar : []), svg("circle", { class: `point ${name}`, cx, cy, r: 3 })];
        }),
      mark: ({ name, at }) =>
        at.map((value) => svg("path", { class: `mark ${name}`, d: `M${px(across.place(value))},${top}V${floor}` })),
      bars: ({ name, at, wide }) =>
        at.map(([a, b]) => {
          const [left, right] = [across.place(a), across.place(a + wide)];
          const size = { x: px(left), width: px(Math.max(0.5, right - left - 0.5)) };
          return svg("rect", { class: `bar ${name}`, ...size, y: px(inside(b)), height: px(floor - inside(b)) });
        }),
    };
    const text = (where, ...inside) => svg("text", where, ...inside);
    const rules = [
      svg("path", { class: "axis", d: `M${LEFT},${top}V${floor}H${width - RIGHT}` }),
      ...across.ticks.flatMap((value) => [
        svg("path", { class: "axis", d: `M${px(across.place(value))},${floor}v4` }),
        text({ x: px(across.place(value)), y: floor + 17, "text-anchor": "middle" }, words(value)),
      ]),
      ...up.ticks.flatMap((value) => [
        svg("path", { class: "axis", d: `M${LEFT},${px(up.place(value))}h-4` }),
        text({ x: LEFT - 7, y: px(up.place(value) + 4), "text-anchor": "end" }, words(value)),
      ]),
      text({ x: px((LEFT + width - RIGHT) / 2), y: height - 5, "text-anchor": "middle" }, x.label),
      text(
        {
          x: 0, y: 0, "text-anchor": "middle",
          transform: `translate(12,${px((top + floor) / 2)}) rotate(-90)`,
        },
        y.label,
      ),
    ]; // prettier-ignore
    return [...rules, ...layers.flatMap((layer) => (layer.at.length ? drawn[layer.kind](layer) : []))];
  }

  // A chart that follows the width of its place. show(x, y, layers, words) draws it again; the words
  // tell what it shows to a reader who cannot see it.
  lstmMd.chart = (height) => {
    const element = svg("svg", { class: "chart", role: "img", height });
    let last = null;
    const again = () => {
      const width = element.clientWidth || element.parentElement?.clientWidth;
      if (!last || !width) return;
      element.setAttribute("viewBox", `0 0 ${width} ${height}`);
      element.replaceChildren(...draw(width, height, ...last));
    };
    new ResizeObserver(again).observe(element);
    const show = (x, y, layers, label) => {
      last = [x, y, layers];
      element.setAttribute("aria-label", label);
      again();
    };
    return { element, show };
  };
})();
