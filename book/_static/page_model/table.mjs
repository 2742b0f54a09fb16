// The table beside the picture: what was written here, the simulation, a Markov chain. In each row
// a gauge goes from nothing to twice the simulation's value, which is the line in its middle.
"use strict";
(() => {
  const KNOWN = 5; // segments, before which a standard error of them says little
  const share = (number) => number.toFixed(3);
  const count = (number) => number.toFixed(number < 9.995 ? 2 : 1);
  const pm = (value, error, digits) => `${digits(value)} ± ${digits(error)}`;

  function Gauge() {
    const parts = ["band", "error", "markov", "here"].map((name) =>
      lstmMd.element("i", { class: name }),
    );
    const element = lstmMd.element("span", { class: "gauge", "aria-hidden": "true" }, ...parts);
    const at = (value, middle) => Math.min(100, Math.max(0, (50 * value) / middle));
    const between = ({ style }, low, high) =>
      Object.assign(style, { left: `${low}%`, width: `${high - low}%` });
    const show = (here, simulated, markov, known) => {
      element.style.visibility = simulated.value > 0 ? "visible" : "hidden";
      const place = (value) => at(value, simulated.value);
      const around = ({ value, error }) =>
        [value - 2 * (error || 0), value + 2 * (error || 0)].map(place);
      between(parts[0], ...around(simulated));
      between(parts[1], ...around(known ? here : { value: here.value, error: 0 }));
      parts[2].style.left = `${place(markov)}%`;
      parts[3].style.left = `${place(here.value)}%`;
    };
    return { element, show };
  }

  // Each row: its name, what is written here, the simulation's estimate, the Markov chain's value.
  function rowsOf(page) {
    const states = [...page.states];
    const populations = states.map((name, k) => ({
      name,
      digits: share,
      here: (counts) => counts.population(k),
      simulated: () => ({ value: page.populations.value[k], error: page.populations.error[k] }),
      markov: () => page.markov.populations[k],
    }));
    const pairs = states
      .flatMap((_, i) => states.map((_, j) => [i, j]))
      .filter(([i, j]) => i !== j);
    const transitions = pairs.map(([i, j]) => ({
      name: `${states[i]} → ${states[j]}`,
      digits: count,
      here: (counts, t) => counts.transitions(t, i, j),
      simulated: (t) => ({ value: page.counts.value[t][i][j], error: page.counts.error[t][i][j] }),
      markov: (t) => page.markov.counts[t][i][j],
    }));
    return [populations, transitions];
  }

  lstmMd.table = (page, commit) => {
    const { element, whole } = lstmMd;
    const tr = (...cells) => element("tr", {}, ...cells);
    const th = (scope, ...inside) => element("th", { scope }, ...inside);
    const parts = rowsOf(page);
    const made = parts.map((rows) =>
      rows.map((row) => {
        const [gauge, cells] = [Gauge(), [0, 0, 0].map(() => element("td"))];
        const line = tr(th("row", row.name), element("td", {}, gauge.element), ...cells);
        return { ...row, gauge, cells, line };
      }),
    );
    const titles = [
      th("rowgroup", "Share of the labels"),
      th("rowgroup", `Transitions in ${whole(page.segment)} labels; least stay `, commit),
    ];
    titles.forEach((title) => title.setAttribute("colspan", 5));
    const columns = ["here", "simulation", "Markov chain"].map((name) => th("col", name));
    const table = element(
      "table",
      {},
      element("thead", {}, tr(element("td"), element("td"), ...columns)),
      ...made.map((rows, k) =>
        element("tbody", {}, tr(titles[k]), ...rows.map(({ line }) => line)),
      ),
    );

    function show(counts, t) {
      made.flat().forEach(({ gauge, cells, digits, here, simulated, markov }) => {
        const [own, of] = [here(counts, t), simulated(t)];
        gauge.show(own, of, markov(t), counts.segments >= KNOWN);
        cells[0].textContent = counts.frames ? digits(own.value) : "–";
        cells[1].textContent = pm(of.value, of.error, digits);
        cells[2].textContent = digits(markov(t));
      });
    }

    // In words, for who can't see the table change.
    function summary(counts, t) {
      const shares = parts[0].map(
        ({ name, here, simulated }) =>
          `${name} ${here(counts).value.toFixed(2)} (simulated ${simulated().value.toFixed(2)})`,
      );
      const near = parts[1].filter(({ here, simulated }) => {
        const [own, of] = [here(counts, t), simulated(t)];
        return Math.abs(own.value - of.value) <= 2 * Math.hypot(own.error, of.error);
      });
      const judged =
        counts.segments < KNOWN
          ? `too few labels yet to judge transitions`
          : `${near.length} of ${parts[1].length} transition counts within two standard errors`;
      return `After ${whole(counts.frames)} labels: ${shares.join(", ")}; ${judged}.`;
    }
    return { element: table, show, summary };
  };
})();
