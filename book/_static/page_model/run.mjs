// One temperature: its slider, the wells with the particle, the probabilities of the next letter, and
// the last letters in a strip.
"use strict";
(() => {
  const FEW = 6; // states, each of which can have a button below its well
  const STRIP = 80; // letters
  const BARS = 100; // ms between two changes of the bars
  const { element } = lstmMd;
  const name = (temperature) => `T\u00a0=\u00a0${temperature.toFixed(1)}`;

  class Run {
    constructor(number, called) {
      Object.assign(this, { number, called, text: null, drawn: 0 });
      this.temperature = element("input", { type: "range", min: 0, max: 2, step: 0.1, value: 1 });
      this.degree = element("output", {}, "1.0");
      this.canvas = element("canvas", { role: "img" });
      this.wells = element("div", { class: "wells" });
      this.strip = element("p", { class: "strip", "aria-hidden": "true" });
      const slider = element("span", { class: "slider" }, this.temperature, this.degree);
      this.label = element("span", {}, number ? "Second temperature" : "Temperature");
      this.element = element(
        "div",
        { class: `run ${lstmMd.SERIES[number]}` },
        element("label", {}, this.label, slider),
        this.canvas,
        element("p", { class: "title" }, "Probability of the next letter. Press a letter to move there."),
        this.wells,
        this.strip,
      );
      this.temperature.oninput = () => {
        this.degree.value = this.value.toFixed(1);
        this.text?.setTemperature(this.value);
        called.heated(this);
      };
      this.canvas.onclick = (event) => this.clicked(event);
    }

    get value() {
      return Number(this.temperature.value);
    }

    get name() {
      return name(this.value);
    }

    // Another potential begins at the temperature at which its network learned.
    open(page) {
      this.page = page;
      this.temperature.value = this.number ? 0.5 : 1;
      this.degree.value = this.value.toFixed(1);
      this.network = new lstmMd.Network(page);
      this.picture = lstmMd.picture(this.canvas, page, this.number);
      const order = page.centres.map((x, k) => [x, k]).sort(([one], [other]) => one - other);
      const few = order.length <= FEW;
      const [from, to] = page.grid;
      const gaps = order.slice(1).map(([x], k) => x - order[k][0]);
      const wide = Math.min(25, (92 * Math.min(...gaps)) / (to - from)); // % of the row, for a button
      this.element.classList.toggle("wide", order.length > 3);
      this.bars = [];
      const made = order.map(([x, k]) => {
        const state = page.states[k];
        const [bar, number] = [element("i"), element("b")];
        this.bars[k] = { bar, number };
        const inside = [element("span", { class: "bar" }, bar), number, element("span", {}, state)];
        const one = few
          ? element("button", { type: "button", "aria-label": `Move to ${state}` }, ...inside)
          : element("span", { class: "many" }, inside[0], inside[2]);
        if (few) {
          Object.assign(one.style, { left: `${(100 * (x - from)) / (to - from)}%`, width: `${wide}%` });
          one.onclick = () => this.put(k);
        }
        return one;
      });
      const select = element("select", { "aria-label": "Move to" }, element("option", { value: "" }, "move to"));
      select.append(...order.map(([, k]) => element("option", { value: k }, page.states[k])));
      select.onchange = () => {
        if (select.value !== "") this.put(Number(select.value));
        select.value = "";
      };
      this.wells.className = few ? "wells few" : "wells";
      this.wells.replaceChildren(...made, ...(few ? [] : [select]));
    }

    // A new trajectory after a prompt of labels, or none.
    begin(prompt) {
      const { page } = this;
      this.text = null;
      if (!prompt) return;
      const writer = new lstmMd.Writer(this.network, prompt, this.value);
      const newCounts = () => new lstmMd.Counts(page.states.length, page.commitTimes, page.segment);
      this.text = new lstmMd.Text(writer, newCounts);
    }

    put(label) {
      if (!this.text) return;
      this.text.put(label);
      this.called.moved(this, this.page.states[label]);
    }

    // A click moves the particle to the nearest well.
    clicked({ offsetX }) {
      const far = this.page.centres.map((x) => Math.abs(this.picture.across(x) - offsetX));
      this.put(far.indexOf(Math.min(...far)));
    }

    // Bars and letters are too fast for the eye while they move, so they are drawn now and then.
    draw(lettersARow, moving = false) {
      if (!this.picture) return;
      this.picture.draw(this.text, lettersARow);
      if (moving && performance.now() - this.drawn < BARS) return;
      this.drawn = performance.now();
      const shares = this.text?.writer.probabilities() ?? this.bars.map(() => 0);
      shares.forEach((share, k) => {
        this.bars[k].bar.style.height = `${100 * share}%`;
        this.bars[k].number.textContent = this.text ? share.toFixed(share < 0.0995 ? 3 : 2) : "–";
      });
      const letters = this.text ? this.text.last(STRIP).map((label) => this.page.states[label]) : [];
      this.strip.textContent = letters.join("");
    }
  }

  lstmMd.Run = Run;
})();
