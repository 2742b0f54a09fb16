// Where the letters of a training come from: a simulation of the book, or a file of the reader, which
// stays on the reader's machine.
"use strict";
(() => {
  const SHIPPED = {
    triangular: "three states in a triangle",
    linear: "three states in a row",
    four_state: "four states",
  };
  const LARGEST_FILE = 60_000_000; // bytes
  const [BINS, HEIGHT] = [80, 150]; // of the histogram
  const { element } = lstmMd;

  class Source {
    // ``changed`` is called when other letters were chosen.
    constructor(changed) {
      this.changed = changed;
      this.data = element("select");
      this.file = element("input", { type: "file", accept: ".txt,.csv,.dat,.xvg,.tsv,text/*" });
      this.column = element("select");
      this.way = element("select");
      this.centres = element("input", { size: 18, autocomplete: "off" });
      this.bins = element("input", { type: "number", min: 2, max: lstmMd.NAMES.length, value: 10 });
      this.from = element("input", { size: 7, autocomplete: "off" });
      this.to = element("input", { size: 7, autocomplete: "off" });
      this.chart = lstmMd.chart(HEIGHT);
      this.found = element("p", { class: "found" });
      this.wrong = element("p", { class: "wrong", role: "alert" });
      this.drop = element(
        "label",
        { class: "drop" },
        "Drop a text file here, or choose one: a column of numbers, one number in each line",
        this.file,
      );
      const label = (words, ...inside) => element("label", {}, words, ...inside);
      this.ways = {
        states: [label("States, one number for each", this.centres)],
        bins: [label("Number of bins", this.bins), label("from", this.from), label("to", this.to)],
        labels: [],
      };
      this.columnLabel = label("Column", this.column);
      this.wayLabel = label("A letter stands for", this.way);
      this.choices = element(
        "div",
        { class: "choices" },
        this.columnLabel,
        this.wayLabel,
        ...Object.values(this.ways).flat(),
      );
      this.own = element("div", { class: "own", hidden: "" }, this.drop, this.choices, this.chart.element);
      const chosen = label("Data", this.data);
      this.element = element("div", { class: "source" }, chosen, this.own, this.wrong, this.found);
      const shipped = Object.entries(SHIPPED).map(([name, words]) => [words, name]);
      lstmMd.options(this.data, [...shipped, ["a file of yours", ""]], "triangular");
      lstmMd.options(
        this.way,
        [
          ["the nearest of some states", "states"],
          ["a bin, all of equal width", "bins"],
          ["a number of the file: 0, 1, 2 …", "labels"],
        ],
        "states",
      );
      this.table = null; // the columns of the file
      this.data.onchange = () => this.choose();
      this.file.onchange = () => this.file.files[0] && this.read(this.file.files[0]);
      this.column.onchange = () => this.suggest();
      [this.way, this.centres, this.bins, this.from, this.to].forEach(
        (one) => (one.onchange = () => this.label()),
      );
      this.drop.ondragover = (event) => {
        event.preventDefault();
        this.drop.classList.add("over");
      };
      this.drop.ondragleave = () => this.drop.classList.remove("over");
      this.drop.ondrop = (event) => {
        event.preventDefault();
        this.drop.classList.remove("over");
        if (event.dataTransfer.files[0]) this.read(event.dataTransfer.files[0]);
      };
    }

    // What a reader can train on now, or null: { labels, page }, where a page holds the numbers of the
    // simulation or of the file.
    set(letters) {
      this.letters = letters;
      this.wrong.textContent = "";
      this.changed(letters);
    }

    refuse(error) {
      this.set(null);
      this.found.textContent = "";
      this.wrong.textContent = error.message;
    }

    async choose() {
      const name = this.data.value;
      this.own.hidden = name !== "";
      if (name === "") {
        if (this.table) this.label();
        else {
          this.found.textContent = "";
          this.choices.hidden = true;
          this.chart.element.style.display = "none";
          this.set(null);
        }
        return;
      }
      try {
        await Promise.all([lstmMd.load(name), lstmMd.load(`${name}_letters`)]);
      } catch (error) {
        this.refuse(error);
        return;
      }
      if (name !== this.data.value) return; // another was chosen since
      const page = lstmMd.networks[name];
      const labels = lstmMd.labelsOf(lstmMd.letters[name], page.states);
      this.found.textContent = `${lstmMd.inLetters(labels.length)} of a simulation of this book.`;
      this.set({ labels, page, title: SHIPPED[name] });
    }

    // A file that was dropped or chosen. Nothing of it is sent anywhere.
    async read(file) {
      try {
        if (file.size > LARGEST_FILE) {
          throw new Error(`The file has ${lstmMd.whole(file.size / 1e6)} MB. Give one of at most 60 MB.`);
        }
        this.found.textContent = `Reading ${file.name} …`;
        this.table = null;
        this.table = lstmMd.columnsOf(await file.text());
      } catch (error) {
        this.choices.hidden = true;
        this.chart.element.style.display = "none";
        this.refuse(error);
        return;
      }
      this.title = file.name;
      this.choices.hidden = false;
      this.chart.element.style.display = "";
      const { names } = this.table;
      this.columnLabel.hidden = names.length < 2;
      lstmMd.options(this.column, names.map((name, k) => [name, k]), names.length - 1);
      this.suggest();
    }

    get values() {
      return this.table.columns[this.column.value];
    }

    // Suggestions for a column: states at the maxima of its density, bins over its whole range.
    suggest() {
      const { low, high } = lstmMd.histogram(this.values, 1);
      const states = lstmMd.suggestedStates(this.values);
      this.centres.value = states.join(", ");
      [this.from.value, this.to.value] = [low, high];
      const whole = this.values.every((value) => Number.isInteger(value) && value >= 0 && value < lstmMd.NAMES.length);
      this.way.value = whole ? "labels" : states.length > 1 ? "states" : "bins";
      this.label();
    }

    // Letters from the numbers of the file.
    label() {
      Object.entries(this.ways).forEach(([way, labels]) =>
        labels.forEach((one) => (one.hidden = way !== this.way.value)),
      );
      try {
        const made = this.made();
        this.draw(made.marks);
        const { n, times } = lstmMd.checked(made.labels, made.n);
        const states = lstmMd.NAMES.slice(0, n);
        const missing = [...states].filter((_, k) => !times[k]);
        const shares = times.map((count, k) => [states[k], (100 * count) / made.labels.length]);
        const parts = shares.slice(0, 8).map(([state, share]) => `${state} ${share.toFixed(1)} %`);
        const rest = missing.length ? ` No number has the letter ${missing.join(", ")}.` : "";
        this.found.textContent =
          `${lstmMd.inLetters(made.labels.length)}: ${parts.join(", ")}` +
          `${n > 8 ? " …" : ""}.${rest} The file stays on your machine.`;
        this.set({ labels: made.labels, page: this.pageOf(made, n, states), title: this.title });
      } catch (error) {
        this.refuse(error);
      }
    }

    made() {
      const { values } = this;
      if (this.way.value === "labels") {
        this.draw([]);
        const labels = lstmMd.asLabels(values);
        const n = lstmMd.checked(labels).n;
        return { labels, n, centres: Array.from({ length: n }, (_, k) => k), marks: [] };
      }
      if (this.way.value === "states") {
        const centres = lstmMd.listOf(this.centres.value, "States");
        this.draw(centres);
        return { labels: lstmMd.nearestState(values, centres), n: centres.length, centres, marks: centres };
      }
      const n = Number(this.bins.value);
      const [from] = lstmMd.listOf(this.from.value || "missing", "Start of the bins");
      const [to] = lstmMd.listOf(this.to.value || "missing", "End of the bins");
      const labels = lstmMd.equalWidth(values, from, to, n);
      const edges = Array.from({ length: n + 1 }, (_, k) => from + (k * (to - from)) / n);
      return { labels, n, centres: edges.slice(1).map((edge, k) => (edge + edges[k]) / 2), marks: edges };
    }

    // The histogram of the numbers, with the states or the edges of the bins.
    draw(marks) {
      const { low, high, width, times } = lstmMd.histogram(this.values, BINS);
      const range = [low, high, ...marks];
      this.chart.show(
        { from: Math.min(...range), to: Math.max(...range), label: this.table.names[this.column.value] },
        { from: 0, to: 1.08 * Math.max(...times), label: "numbers", count: 3 },
        [
          { kind: "bars", name: "simulation", wide: width, at: Array.from(times, (count, k) => [low + k * width, count]) },
          { kind: "mark", name: "state", at: marks },
        ],
        `Histogram of ${lstmMd.whole(this.values.length)} numbers from ${low} to ${high}`,
      );
    }

    // What the panel needs to know of these letters, as for the networks of the book.
    pageOf({ labels, centres }, n, states) {
      const bins = this.way.value === "labels" ? n : 60;
      const { low, high, width, times } = lstmMd.histogram(this.values, bins);
      const most = Math.max(...times);
      const energies = Array.from(times, (count) => (count ? -Math.log(count / most) : 9));
      const ends = [low, high, ...centres];
      const [first, last] = [Math.min(...ends), Math.max(...ends)];
      const border = 0.05 * (last - first);
      const grid = [first - border, last + border];
      // The free energy at 61 points of the grid; beyond the data there is a wall.
      const freeEnergy = Array.from({ length: 61 }, (_, k) => {
        const x = grid[0] + (k / 60) * (grid[1] - grid[0]);
        return energies[Math.floor((x - low) / width)] ?? 9;
      });
      const first1000 = Array.from(labels.subarray(0, 1_000), (label) => states[label]);
      const numbers = lstmMd.measured(labels, n);
      return { ...numbers, states, centres, grid, freeEnergy, prompt: first1000.join(""), reference: "your file" };
    }
  }

  lstmMd.Source = Source;
})();
