// A table of populations and transition counts: what was generated here, the simulation, a Markov
// chain. In each row a gauge goes from nothing to twice the simulation's value, which is the line in
// its middle.
"use strict";
(() => {
  const MOST_PAIRS = 12; // rows of transitions; the commonest pairs
  const share = (number) => number.toFixed(3);
  const count = (number) => number.toFixed(number < 9.995 ? 2 : 1);
  const pm = ({ value, error }, digits) =>
    Number.isFinite(error) ? `${digits(value)} ± ${digits(error)}` : digits(value);
  lstmMd.SERIES = ["here", "second"]; // class names of what is generated here

  function Gauge(series) {
    const names = ["band", "error", "markov", ...lstmMd.SERIES.slice(0, series)];
    const parts = names.map((name) => lstmMd.element("i", { class: name }));
    const element = lstmMd.element("span", { class: "gauge", "aria-hidden": "true" }, ...parts);
    const between = ({ style }, low, high) =>
      Object.assign(style, { left: `${low}%`, width: `${high - low}%` });
    const show = (own, simulated, markov, enough) => {
      element.style.visibility = simulated.value > 0 ? "visible" : "hidden";
      const place = (value) => Math.min(100, Math.max(0, (50 * value) / simulated.value));
      const around = ({ value, error }) =>
        [value - 2 * (error || 0), value + 2 * (error || 0)].map(place);
      const first = own[0] ?? { value: 0, error: 0 };
      between(parts[0], ...around(simulated));
      between(parts[1], ...around({ value: first.value, error: enough ? first.error : 0 }));
      parts[2].style.left = `${place(markov)}%`;
      parts.slice(3).forEach((part, k) => {
        part.style.display = own[k] ? "" : "none";
        part.style.left = `${place(own[k]?.value ?? 0)}%`;
      });
    };
    return { element, show };
  }

  // All ordered pairs of two states, the commonest if there are too many.
  lstmMd.pairsOf = (page) => {
    const states = [...page.states];
    const pairs = states.flatMap((_, i) => states.map((_, j) => [i, j])).filter(([i, j]) => i !== j);
    const often = ([i, j]) => Math.max(...page.counts.value.map((table) => table[i][j]));
    return pairs.length <= MOST_PAIRS
      ? pairs
      : pairs.sort((one, other) => often(other) - often(one)).slice(0, MOST_PAIRS);
  };
  lstmMd.pairName = (page, [i, j]) => `${page.states[i]} → ${page.states[j]}`;

  // Each row: its name, what is generated here, the simulation's estimate, the Markov chain's value.
  function rowsOf(page) {
    const populations = [...page.states].map((name, k) => ({
      name,
      digits: share,
      here: (counts) => counts.population(k),
      simulated: () => ({ value: page.populations.value[k], error: page.populations.error[k] }),
      markov: () => page.markov.populations[k],
    }));
    const transitions = lstmMd.pairsOf(page).map(([i, j]) => ({
      name: lstmMd.pairName(page, [i, j]),
      digits: count,
      here: (counts, t) => counts.transitions(t, i, j),
      simulated: (t) => ({ value: page.counts.value[t][i][j], error: page.counts.error[t][i][j] }),
      markov: (t) => page.markov.counts[t][i][j],
    }));
    return [populations, transitions];
  }

  // names: the columns of what is generated here, one or two.
  lstmMd.table = (page, names) => {
    const { element, whole } = lstmMd;
    const tr = (...cells) => element("tr", {}, ...cells);
    const th = (scope, ...inside) => element("th", { scope }, ...inside);
    const parts = rowsOf(page);
    const made = parts.map((rows) =>
      rows.map((row) => {
        const gauge = Gauge(names.length);
        const cells = [...names, 0, 0].map(() => element("td"));
        return { ...row, gauge, cells, line: tr(th("row", row.name), element("td", {}, gauge.element), ...cells) };
      }),
    );
    const stay = element("span");
    const titles = [
      th("rowgroup", "Share of the letters"),
      th("rowgroup", `Transitions in ${whole(page.segment)} letters, commit time `, stay),
    ];
    titles.forEach((title) => title.setAttribute("colspan", 4 + names.length));
    const columns = [...names, page.reference ?? "simulation", "Markov chain"];
    const heads = columns.map((name) => th("col", name));
    const table = element(
      "table",
      {},
      element("thead", {}, tr(element("td"), element("td"), ...heads)),
      ...made.map((rows, k) => element("tbody", {}, tr(titles[k]), ...rows.map(({ line }) => line))),
    );

    // all: the counts of each column, or nothing where there are none.
    function show(all, t) {
      const known = all.filter((counts) => counts?.frames);
      stay.textContent = lstmMd.inLetters(page.commitTimes[t]);
      made.flat().forEach(({ gauge, cells, digits, here, simulated, markov }) => {
        const own = all.map((counts) => (counts?.frames ? here(counts, t) : null));
        gauge.show(own, simulated(t), markov(t), known[0]?.segments >= lstmMd.ENOUGH);
        own.forEach((one, k) => (cells[k].textContent = one ? digits(one.value) : "–"));
        cells.at(-2).textContent = pm(simulated(t), digits);
        cells.at(-1).textContent = digits(markov(t));
      });
    }

    // In words, for a reader who cannot see the table change.
    function summary(counts, t) {
      const shares = parts[0].slice(0, 6).map(
        ({ name, here, simulated }) =>
          `${name} ${here(counts).value.toFixed(2)} (${columns.at(-2)} ${simulated().value.toFixed(2)})`,
      );
      const near = parts[1].filter(({ here, simulated }) => {
        const [own, of] = [here(counts, t), simulated(t)];
        return Math.abs(own.value - of.value) <= 2 * Math.hypot(own.error, of.error);
      });
      const judged =
        counts.segments < lstmMd.ENOUGH
          ? "There are too few letters yet to compare the transitions"
          : `${near.length} of ${parts[1].length} transition counts agree within two standard errors`;
      return `After ${whole(counts.frames)} letters: ${shares.join(", ")}. ${judged}.`;
    }
    return { element: table, show, summary };
  };
})();
