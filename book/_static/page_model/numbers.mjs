// Beside what is generated: the table, and the chart of transition counts against commit time.
"use strict";
(() => {
  lstmMd.ENOUGH = 5; // segments, before which their scatter says little
  lstmMd.whole = (number) => Math.round(number).toLocaleString("en");
  lstmMd.inLetters = (number) => `${lstmMd.whole(number)} letter${number === 1 ? "" : "s"}`;
  const HEIGHT = 250; // px of the chart

  // entries: pairs of words and value.
  lstmMd.options = (select, entries, chosen) => {
    select.replaceChildren(
      ...entries.map(([words, value]) => lstmMd.element("option", { value }, words)),
    );
    select.value = chosen;
  };

  // entries: pairs of class name and words. A key stays beside its words.
  lstmMd.legend = (place, entries) => {
    const key = (name) => lstmMd.element("span", { class: `key ${name}`, "aria-hidden": "true" });
    const entry = ([name, words]) => lstmMd.element("span", { class: "entry" }, key(name), ` ${words}`);
    place.replaceChildren(...entries.map(entry));
  };

  class Numbers {
    constructor() {
      const { element } = lstmMd;
      this.pair = element("select");
      this.commit = element("input", { type: "range", min: 0, step: 1 });
      this.stay = element("output");
      this.chart = lstmMd.chart(HEIGHT);
      this.place = element("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Numbers" });
      this.legend = element("p", { class: "legend" });
      this.figure = element(
        "div",
        { class: "curve" },
        element(
          "div",
          { class: "choices" },
          element("label", {}, "Transition", this.pair),
          element("label", {}, "Commit time", element("span", { class: "slider" }, this.commit, this.stay)),
        ),
        this.chart.element,
        this.legend,
      );
      this.element = element("div", { class: "numbers" }, this.figure, this.place);
      this.pair.onchange = () => this.again();
      this.commit.oninput = () => this.again();
      this.all = [];
    }

    // Another simulation, or other columns; names are those of what is generated here.
    set(page, names) {
      const another = page !== this.page;
      Object.assign(this, { page, names, table: lstmMd.table(page, names) });
      this.place.replaceChildren(this.table.element);
      if (another) {
        const pairs = (this.pairs = lstmMd.pairsOf(page));
        const [t, first] = page.first ?? [Math.floor(page.commitTimes.length / 3), ""];
        const chosen = pairs.findIndex(([i, j]) => page.states[i] + page.states[j] === first);
        const entries = pairs.map((pair, k) => [lstmMd.pairName(page, pair), k]);
        lstmMd.options(this.pair, entries, Math.max(0, chosen));
        Object.assign(this.commit, { max: page.commitTimes.length - 1, value: t });
      }
      const reference = page.reference ?? "simulation";
      lstmMd.legend(this.legend, [
        ...names.map((name, k) => [lstmMd.SERIES[k], name]),
        ["band", `${reference} ± 2 standard errors`],
        ["markov", "Markov chain"],
      ]);
      this.show(names.map(() => null));
    }

    show(all) {
      this.all = all;
      this.again();
    }

    again() {
      const { page, all } = this;
      if (!page) return;
      const t = Number(this.commit.value);
      const [i, j] = this.pairs[this.pair.value];
      this.stay.value = lstmMd.inLetters(page.commitTimes[t]);
      this.commit.setAttribute("aria-valuetext", this.stay.value);
      this.table.show(all, t);
      const along = (value) => page.commitTimes.map((time, k) => [time, value(k)]);
      const simulated = page.commitTimes.map((time, k) => [
        time,
        page.counts.value[k][i][j],
        page.counts.error[k][i][j] || 0,
      ]);
      const markov = along((k) => page.markov.counts[k][i][j]);
      const own = all.map((counts) =>
        !counts?.frames
          ? []
          : page.commitTimes.map((time, k) => {
              const { value, error } = counts.transitions(k, i, j);
              return [time, value, counts.segments >= lstmMd.ENOUGH ? error : 0];
            }),
      );
      const high = [...markov, ...simulated.map(([, v, e]) => [0, v + 2 * e])].map(([, v]) => v);
      const generated = own.flat().map(([, value]) => value);
      // What is generated at first is only a few letters, and can be far off.
      const to = 1.1 * Math.max(...high, Math.min(Math.max(0, ...generated), 1.5 * Math.max(...high)), 0.1);
      const name = lstmMd.pairName(page, [i, j]);
      this.chart.show(
        { from: 1, to: page.commitTimes.at(-1), log: true, label: "commit time (letters)" },
        { from: 0, to, label: `${name} in ${lstmMd.whole(page.segment)}` },
        [
          { kind: "mark", name: "chosen", at: [page.commitTimes[t]] },
          { kind: "band", name: "simulation", at: simulated.map(([c, v, e]) => [c, v - 2 * e, v + 2 * e]) },
          { kind: "line", name: "simulation", at: simulated },
          { kind: "line", name: "markov", at: markov },
          ...own.flatMap((at, k) => [
            { kind: "line", name: `${lstmMd.SERIES[k]} thin`, at },
            { kind: "points", name: lstmMd.SERIES[k], at },
          ]),
        ],
        `Transitions ${name} against commit time. ` + this.words(t, i, j),
      );
    }

    // The numbers of the chart at the chosen commit time.
    words(t, i, j) {
      const { page, all, names } = this;
      const own = all.map((counts, k) =>
        counts?.frames ? `${names[k]} ${counts.transitions(t, i, j).value.toFixed(2)}, ` : "",
      );
      const [value, markov] = [page.counts.value, page.markov.counts].map((of) => of[t][i][j].toFixed(2));
      const reference = page.reference ?? "simulation";
      return `At ${this.stay.value}: ${own.join("")}${reference} ${value}, Markov chain ${markov}.`;
    }

    summary(counts) {
      return this.table.summary(counts, Number(this.commit.value));
    }
  }

  lstmMd.Numbers = Numbers;
})();
