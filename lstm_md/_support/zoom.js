// Zooms into a recording. Each of `levels` is { start, frames, mean, low, high }: the mean, the least
// and the largest value of equal columns of a window, or the single values as `mean` alone. They are whole numbers of
// `step`, counted from `least`. `lines` are [name, value].
function zoomRecording(root, given) {
  const { levels, least, step, frames, centre, shortest, time, units, name, lines, marks } = given;
  const its = (choice) => root.querySelector(choice);
  const [chart, slider] = [its(".chart"), its("input")];
  const [LEFT, RIGHT, TOP, FLOOR] = [46, given.marks.length ? 320 : 340, 8, 204];
  const one = (number) => number.toFixed(1);
  const highest = Math.max(...levels.flatMap(({ mean, high }) => high ?? mean));
  const up = (value) => FLOOR - ((FLOOR - TOP) * (value - least)) / (highest * step || 1);
  const safe = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  // A round step, so that there are at most about so many.
  function round(span, about) {
    const power = 10 ** Math.floor(Math.log10(span / about));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= span / about);
  }

  // A time in the largest unit of which there is one or more.
  function unitOf(size) {
    return units.find(([, factor]) => size >= factor * 0.999) ?? units.at(-1);
  }

  function show() {
    const length = frames * (shortest / frames) ** (slider.value / slider.max);
    const begin = Math.min(Math.max(centre - length / 2, 0), frames - length);
    const across = (frame) => LEFT + ((RIGHT - LEFT) * (frame - begin)) / length;
    const fits = (level) => level.start <= begin + 0.5 && level.start + level.frames >= begin + length - 0.5;
    const { start, frames: covered, mean, low, high } = levels.filter(fits).at(-1);
    const wide = covered / mean.length; // frames in a column
    const [from, to] = [begin, begin + length].map((frame) => (frame - start) / wide);
    // The columns whose middle is in the window.
    const columns = mean.map((_, k) => k).slice(Math.max(0, Math.ceil(from - 0.5)), Math.floor(to + 0.5));
    const place = (k, value) => `${one(across(start + (k + 0.5) * wide))},${one(up(least + step * value))}`;
    const [unit, factor] = unitOf(length * time);
    const shown = (length * time) / factor;
    const words = `${shown < 10 ? Number(shown.toPrecision(2)) : Math.round(shown)} ${unit}`;

    const parts = [`<path class="axis" d="M${LEFT},${TOP}V${FLOOR}H${RIGHT}"/>`];
    const every = round(shown, 5);
    for (let k = 0; k * every <= shown * 1.001; k++) {
      const x = one(LEFT + ((RIGHT - LEFT) * k * every) / shown);
      parts.push(
        `<path class="axis" d="M${x},${FLOOR}v4"/>`,
        `<text x="${x}" y="${FLOOR + 17}" text-anchor="middle">${Number((k * every).toPrecision(6))}</text>`,
      );
    }
    const apart = round(highest * step, 5);
    for (let value = Math.ceil(least / apart) * apart; value <= least + highest * step; value += apart) {
      parts.push(
        `<path class="axis" d="M${LEFT},${one(up(value))}h-4"/>`,
        `<text x="${LEFT - 7}" y="${one(up(value) + 4)}" text-anchor="end">${Number(value.toPrecision(6))}</text>`,
      );
    }
    parts.push(
      `<text x="${(LEFT + RIGHT) / 2}" y="${FLOOR + 34}" text-anchor="middle">time (${safe(unit)})</text>`,
      `<text text-anchor="middle" transform="translate(11,${(TOP + FLOOR) / 2}) rotate(-90)">${safe(name)}</text>`,
      ...lines.map((value) => `<path class="level" d="M${LEFT},${one(up(value))}H${RIGHT}"/>`),
      ...marks.map(([text, value]) => `<text x="${RIGHT + 4}" y="${one(up(value) + 4)}">${safe(text)}</text>`),
    );
    if (high) {
      const edges = [...columns.map((k) => place(k, high[k])), ...columns.map((k) => place(k, low[k])).reverse()];
      parts.push(`<path class="band" d="M${edges.join("L")}z"/>`);
    }
    const at = columns.map((k) => place(k, mean[k]));
    parts.push(`<path class="line" d="M${at.join("L")}"/>`);
    if (!high && columns.length < 130) {
      parts.push(...at.map((point) => `<circle class="point" r="2" cx="${point.replace(",", '" cy="')}"/>`));
    }
    chart.innerHTML = parts.join("");
    its("b").textContent = words;
    slider.setAttribute("aria-valuetext", words);
    chart.setAttribute("aria-label", `${name} during ${words} of the recording, ` +
      (high ? "with the mean, the least and the largest value of short parts." : "with each single value."));
    root.drawn = { begin, length, columns: columns.length, single: !high };
  }

  slider.value = 0; // a browser may keep the value from before
  slider.oninput = show;
  slider.onkeydown = (event) => event.stopPropagation(); // otherwise a key could turn the page
  root.hidden = false;
  show();
}
