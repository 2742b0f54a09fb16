// Curves against commit time, whose values a reader can read, and switch on and off.
// In `given`, `values[panel][curve][pair]` and `errors` are lists with one number for each of `times`;
// null is not known. `styles` have a colour, and a marker or dashes; the first curve has a band.
function showCurves(root, given) {
  const { times, unit, quantity, pairs, curves, styles, values, errors } = given;
  const its = (choice) => root.querySelector(choice);
  const [chart, slider] = [its(".chart"), its("input[type=range]")];
  const [panel, pair] = ["panel", "pair"].map((name) => its(`select[name=${name}]`));
  const boxes = [...root.querySelectorAll("input[type=checkbox]")];
  const [LEFT, RIGHT, TOP, FLOOR] = [46, 340, 10, 204];
  const one = (number) => number.toFixed(1);
  const chosen = (select) => (select ? select.selectedIndex : 0);
  const shown = () => curves.map((_, k) => k).filter((k) => boxes[k].checked);
  const safe = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  const across = (time) => LEFT + ((RIGHT - LEFT) * Math.log(time / times[0])) / Math.log(times.at(-1) / times[0]);

  // The lowest and the highest value of a panel: the same for all pairs, so that they can be compared.
  function limits(which) {
    const positive = (lists) => lists.flat(2).filter((value) => value > 0);
    const [all, first] = [positive(values[which]), positive(values[which].slice(0, 1))];
    if (!all.length) return [0.1, 1];
    const low = Math.max(Math.min(...all), Math.min(...first, Infinity) / 3);
    return [(Number.isFinite(low) ? low : Math.min(...all)) / 1.3, Math.max(...all) * 1.3];
  }

  function ticks(low, high) {
    const factors = high / low > 200 ? [1] : [1, 3];
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      found.push(...factors.map((factor) => Number((factor * 10 ** power).toPrecision(2))));
    }
    return found.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  }

  const SYMBOLS = {
    o: (x, y) => `M${x - 3},${y}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z`,
    s: (x, y) => `M${x - 3},${y - 3}h6v6h-6z`,
    D: (x, y) => `M${x},${y - 4}l4,4l-4,4l-4,-4z`,
    "^": (x, y) => `M${x},${y - 4}l4,7h-8z`,
    v: (x, y) => `M${x},${y + 4}l4,-7h-8z`,
    x: (x, y) => `M${x - 3},${y - 3}l6,6m0,-6l-6,6`,
  };

  function key(k) {
    const { colour, dash, marker } = styles[k];
    const symbol = marker ? `<path d="${SYMBOLS[marker](15, 7)}"/>` : "";
    const band = k ? "" : `<rect class="band" x="1" y="1" width="28" height="12"/>`;
    return (
      `<g fill="${colour}" stroke="${colour}">${band}` +
      `<path class="line" d="M1,7H29"${dash ? ' stroke-dasharray="6 4"' : ""}/>${symbol}</g>`
    );
  }

  function drawn(k, up, low, now) {
    const { colour, dash, marker } = styles[k];
    const [value, error] = [values, errors].map((all) => all[chosen(panel)][k][chosen(pair)]);
    const inside = (number) => up(Math.max(number, low));
    const seen = times.map((_, t) => value[t] !== null && value[t] >= low);
    let path = "";
    times.forEach((time, t) => {
      if (seen[t]) path += `${t && seen[t - 1] ? "L" : "M"}${one(across(time))},${one(up(value[t]))}`;
    });
    const parts = [`<path class="line" d="${path}"${dash ? ' stroke-dasharray="6 4"' : ""}/>`];
    if (!k) {
      const edge = (sign) => times.map((time, t) =>
        `${one(across(time))},${one(inside((value[t] ?? 0) + sign * (error[t] ?? 0)))}`);
      parts.unshift(`<path class="band" d="M${[...edge(1), ...edge(-1).reverse()].join("L")}z"/>`);
    }
    times.forEach((time, t) => {
      if (!seen[t]) return;
      const [x, y] = [across(time), up(value[t])];
      if (marker && error[t]) {
        const ends = [1, -1].map((sign) => one(inside(value[t] + sign * error[t])));
        parts.push(`<path class="error" d="M${one(x)},${ends[0]}V${ends[1]}"/>`);
      }
      const symbol = SYMBOLS[marker ?? "o"](Number(one(x)), Number(one(y)));
      if (marker || t === now) parts.push(`<path${t === now ? ' class="chosen"' : ""} d="${symbol}"/>`);
    });
    return `<g class="curve" data-curve="${k}" fill="${colour}" stroke="${colour}">${parts.join("")}</g>`;
  }

  // Two figures of the error, or three of a value without one.
  const places = (size, figures) => Math.min(20, Math.max(0, figures - 1 - Math.floor(Math.log10(size))));
  function written(value, error) {
    if (value === null) return "–";
    const digits = error ? places(error, 2) : value ? places(Math.abs(value), 3) : 0;
    const number = (one) => one.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return number(value) + (error ? ` ± ${number(error)}` : "");
  }

  function show() {
    const now = Number(slider.value);
    const which = [chosen(panel), chosen(pair)];
    const [low, high] = limits(which[0]);
    const up = (value) => FLOOR - ((FLOOR - TOP) * Math.log(value / low)) / Math.log(high / low);
    const axes = [`<path class="axis" d="M${LEFT},${TOP}V${FLOOR}H${RIGHT}"/>`];
    ticks(times[0], times.at(-1)).forEach((time) => axes.push(
      `<path class="axis" d="M${one(across(time))},${FLOOR}v4"/>`,
      `<text x="${one(across(time))}" y="${FLOOR + 17}" text-anchor="middle">${time.toLocaleString("en")}</text>`,
    ));
    ticks(low, high).forEach((value) => axes.push(
      `<path class="axis" d="M${LEFT},${one(up(value))}h-4"/>`,
      `<text x="${LEFT - 7}" y="${one(up(value) + 4)}" text-anchor="end">` +
        `${value.toLocaleString("en", { maximumFractionDigits: 6 })}</text>`,
    ));
    axes.push(
      `<text x="${(LEFT + RIGHT) / 2}" y="${FLOOR + 34}" text-anchor="middle">commit time (${safe(unit)})</text>`,
      `<text text-anchor="middle" transform="translate(11,${(TOP + FLOOR) / 2}) rotate(-90)">${safe(quantity)}</text>`,
      `<path class="now" d="M${one(across(times[now]))},${TOP}V${FLOOR}"/>`,
    );
    chart.innerHTML = axes.join("") + shown().map((k) => drawn(k, up, low, now)).join("");

    const at = `${times[now].toLocaleString("en")} ${times[now] === 1 && unit === "frames" ? "frame" : unit}`;
    const name = [panel && panel.value, pairs[which[1]]].filter(Boolean).join(", ");
    its(".at b").textContent = at;
    its("caption").textContent = `${name}, at ${at}`;
    chart.setAttribute("aria-label", `${name}: ${quantity} against commit time. The table has the values at ${at}.`);
    const rows = shown().map((k) => {
      const [value, error] = [values, errors].map((all) => all[which[0]][k][which[1]][now]);
      const first = values[which[0]][0][which[1]][now];
      const ratio = k && first > 0 && value !== null ? value / first : null;
      const times = ratio === null ? "" : ratio.toFixed(ratio < 10 ? 2 : 0);
      return `<tr><th scope="row">${safe(curves[k])}</th><td>${written(value, error)}</td><td>${times}</td></tr>`;
    });
    its("tbody").innerHTML = rows.join("");
    const spoken = shown().map((k) => `${curves[k]} ${written(...[values, errors].map((all) => all[which[0]][k][which[1]][now]))}`);
    slider.setAttribute("aria-valuetext", [at, ...spoken].join("; "));
  }

  function point(event) {
    const { left, width } = chart.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * 360;
    const distance = (t) => Math.abs(across(times[t]) - x);
    const nearest = times.reduce((best, _, t) => (distance(t) < distance(best) ? t : best), 0);
    if (nearest === Number(slider.value)) return;
    slider.value = nearest;
    show();
  }

  root.querySelectorAll(".key").forEach((place, k) => (place.innerHTML = key(k)));
  chart.onpointermove = chart.onpointerdown = point;
  slider.value = given.first; // a browser may keep the choices from before
  boxes.forEach((box) => (box.checked = true));
  [panel, pair].forEach((select) => select && (select.selectedIndex = 0));
  root.oninput = show;
  root.onkeydown = (event) => event.stopPropagation(); // otherwise a key could turn the page
  root.hidden = false;
  show();
}
