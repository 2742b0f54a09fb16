// Trains a network in the page: its data, its settings, the loss while it learns, and then what the
// trained network generates beside the data.
"use strict";
(() => {
  const HEIGHT = 250; // px of the chart of the loss
  const CHAINS = 8; // that generate side by side
  const POINTS = 150; // of the curve of the loss
  const MARKS = 60; // of the loss on what is held back; more of them become a line
  const EPOCHS = [5, 10, 20, 40, 100, 400];
  const STEPS = 400; // that a training needs, at least
  const [DRAW, WORDS] = [250, 10_000]; // ms
  const { element } = lstmMd;

  class Train {
    constructor(root) {
      this.epochs = element("select");
      this.before = element("select");
      this.go = element("button", { type: "button", class: "go", "aria-disabled": "true" }, "Train");
      this.bar = element("progress", { max: 1, value: 0, "aria-label": "Progress" });
      this.written = element("p", { class: "written" }, "");
      this.status = element("p", { class: "unseen", role: "status", "aria-live": "polite" }); // only heard
      this.outcome = element("p", { class: "summary" });
      this.wrong = element("p", { class: "wrong", role: "alert" });
      this.loss = lstmMd.chart(HEIGHT);
      this.numbers = new lstmMd.Numbers();
      this.play = element("button", { type: "button", hidden: "" }, "Let your network generate in the first panel");
      const legend = element("p", { class: "legend" });
      lstmMd.legend(legend, [
        ["training", "letters that it learns from"],
        ["here", "letters that are held back"],
        ["markov", "Markov chain on the letters that are held back"],
      ]);
      this.results = element("div", { class: "results", hidden: "" }, this.loss.element, legend);
      this.made = element("div", { hidden: "" }, this.numbers.element, this.outcome, this.play);
      lstmMd.options(this.epochs, EPOCHS.map((n) => [n, n]), 20);
      lstmMd.options(
        this.before,
        [["the 100 letters before it", "warmed"], ["nothing: the state is zero", "zero"]],
        "warmed",
      ); // prettier-ignore
      this.source = new lstmMd.Source((letters) => this.offer(letters));
      const form = element(
        "form",
        { "aria-label": "A network that is trained in this page" },
        this.source.element,
        element("label", {}, "Epochs", this.epochs),
        element("label", {}, "Before a sequence it reads", this.before),
        this.go,
      );
      form.onsubmit = () => false;
      root.replaceChildren(form, this.wrong, this.bar, this.written, this.results, this.made, this.status);
      this.go.onclick = () => (this.training ? this.training.stop() : this.train());
      this.play.onclick = () => this.show();
      document.addEventListener("visibilitychange", () => this.pause(document.hidden));
      this.seed = 0;
      this.source.choose();
    }

    // Other letters; what was trained on the letters before stays until the next training.
    offer(letters) {
      // A short file has few steps in an epoch, so it needs more epochs. The book's own data get 20.
      if (letters && letters.title !== this.letters?.title) {
        const { steps } = new lstmMd.Plan(letters.labels.length);
        const enough = EPOCHS.find((epochs) => epochs * steps >= STEPS) ?? EPOCHS.at(-1);
        this.epochs.value = letters.page.reference ? enough : 20;
      }
      this.letters = letters;
      if (!this.training) this.go.setAttribute("aria-disabled", letters === null);
    }

    // A page in the background computes nothing.
    pause(hidden) {
      if (!this.training) return;
      const { door } = this.training;
      if (hidden) {
        this.paused = performance.now();
        door.shut();
        this.written.textContent += " Paused.";
      } else {
        this.start += performance.now() - this.paused;
        door.open();
      }
    }

    seconds() {
      return (performance.now() - this.start) / 1000;
    }

    async train() {
      if (!this.letters) {
        if (!this.source.wrong.textContent) this.wrong.textContent = "Choose a file first.";
        return;
      }
      const { labels, page, title } = this.letters;
      const n = page.states.length;
      this.wrong.textContent = "";
      this.go.textContent = "Stop";
      this.results.hidden = false;
      this.made.hidden = this.play.hidden = true;
      const training = (this.training = new lstmMd.Training(labels, n, {
        epochs: Number(this.epochs.value),
        warmed: this.before.value === "warmed",
        seed: ++this.seed, // another training, another network: compare several
      }));
      const { plan } = training;
      const border = plan.learned * 100;
      const heldBack = labels.subarray(border);
      this.chain = lstmMd.markovChain(labels.subarray(0, border), n).loss(heldBack);
      Object.assign(this, { start: performance.now(), drawn: 0, spoken: performance.now() });
      if (document.hidden) this.pause(true);
      this.status.textContent = `Training on ${lstmMd.inLetters(labels.length)} begins.`;
      try {
        const learned = await training.run((at) => this.tell(at));
        this.draw();
        const seconds = this.seconds();
        if (learned) {
          const loss = training.history.validation.at(-1);
          this.words = `Trained in ${seconds.toFixed(1)} s. Loss on the letters that are held back: ${this.compared(loss)}`;
          this.keep(training, page, title, loss);
          await this.generate(training, page, labels);
        } else {
          this.finish(`Stopped after ${training.history.steps.length} steps.`);
        }
      } catch (error) {
        this.finish("");
        this.wrong.textContent = `The training ended: ${error.message}`;
      } finally {
        training.end();
        this.training = null;
        this.go.textContent = "Train again";
        this.go.setAttribute("aria-disabled", this.letters === null);
      }
    }

    compared(loss) {
      if (loss === undefined) return "none.";
      return `${loss.toFixed(4)} nats per letter; a Markov chain has ${this.chain.toFixed(4)}.`;
    }

    finish(words) {
      this.written.textContent = this.status.textContent = words;
    }

    // After each step; the page is drawn now and then.
    tell({ epoch, done }) {
      const now = performance.now();
      if (!this.training.door.isOpen || (now - this.drawn < DRAW && done < 1)) return;
      this.drawn = now;
      this.draw();
      this.bar.value = done;
      const left = (this.seconds() * (1 - done)) / done;
      const { plan, history } = this.training;
      const loss = history.steps.at(-1).toFixed(4);
      this.written.textContent =
        `Epoch ${epoch + 1} of ${plan.epochs}, loss ${loss} nats per letter, ` +
        `about ${Math.ceil(left)} s left.`;
      if (now - this.spoken < WORDS) return;
      this.spoken = now;
      this.status.textContent = this.written.textContent;
    }

    // The loss against the epoch. Each point of the line is a mean over several steps.
    draw() {
      const { plan, history } = this.training;
      const total = plan.epochs * plan.steps;
      const each = Math.max(1, Math.ceil(total / POINTS));
      const line = [];
      for (let first = 0; first < history.steps.length; first += each) {
        const some = history.steps.slice(first, first + each);
        const mean = some.reduce((sum, loss) => sum + loss, 0) / some.length;
        line.push([(first + some.length / 2) / plan.steps, mean]);
      }
      const points = history.validation.map((loss, k) => [k + 1, loss, 0]);
      const all = [...line, ...points].map(([, loss]) => loss).concat(this.chain);
      // The first steps have a loss far above all others; they are cut off at the top.
      const [low, high] = [Math.min(...all), Math.max(...all)];
      const now = line.at(-1)?.[1] ?? high;
      const [from, to] = [0.9 * low, 1.1 * Math.min(high, Math.max(4 * this.chain, 2 * low, 1.2 * now))];
      const last = points.length ? `, on letters that are held back ${points.at(-1)[1].toFixed(4)}` : "";
      this.loss.show(
        { from: 0, to: plan.epochs, label: "epoch" },
        { from, to, log: true, label: "loss (nats per letter)" },
        [
          { kind: "line", name: "markov", at: [[0, this.chain], [plan.epochs, this.chain]] },
          { kind: "line", name: "training", at: line },
          { kind: points.length > MARKS ? "line" : "points", name: "here", at: points },
        ],
        `Loss against the epoch. The last is ${line.at(-1)?.[1].toFixed(4)}${last}.`,
      ); // prettier-ignore
    }

    // The network generates as many letters as the data have, in several chains.
    async generate(training, page, labels) {
      const n = page.states.length;
      this.numbers.set(page, ["your network"]);
      this.outcome.textContent = "";
      this.made.hidden = false;
      let counts = null;
      const total = () => {
        const all = new lstmMd.Counts(n, page.commitTimes, page.segment);
        return counts.reduce((sum, one) => sum.join(one), all);
      };
      const begun = this.seconds();
      const finished = await training.generate(
        labels.subarray(0, 1_000), CHAINS, labels.length,
        (chains, done) => {
          counts ??= chains.map(() => new lstmMd.Counts(n, page.commitTimes, page.segment));
          chains.forEach((chain, k) => chain.forEach((label) => counts[k].add(label)));
          if (performance.now() - this.drawn < DRAW && done < labels.length) return;
          this.drawn = performance.now();
          this.bar.value = done / labels.length;
          this.written.textContent = `${this.words} It generates: ${lstmMd.inLetters(done * chains.length)}.`;
          this.numbers.show([total()]);
        },
      ); // prettier-ignore
      const made = counts ? total() : null;
      if (!made) return this.finish(this.words);
      this.numbers.show([made]);
      const rest = `${lstmMd.inLetters(made.frames)} generated in ${(this.seconds() - begun).toFixed(1)} s.`;
      this.finish(`${this.words} ${rest}${finished ? "" : " Stopped."}`);
      this.outcome.textContent = this.numbers.summary(made);
      this.status.textContent = `${this.written.textContent} ${this.outcome.textContent}`;
    }

    // The trained network becomes one of those that can generate in the first panel.
    keep(training, page, title, loss) {
      const weights = lstmMd.forThePage(training.weights);
      const name = "trained";
      const words = `yours: ${title}`;
      lstmMd.networks[name] = { ...page, name, title: words, trained: true, units: 64, weights, loss };
      const panel = document.querySelector(".page-model");
      if (!panel?.show) return;
      lstmMd.choices(panel.show.its.network, panel.show.its.network.value);
      this.play.hidden = false;
    }

    show() {
      const panel = document.querySelector(".page-model");
      panel.show.its.network.value = "trained";
      panel.show.open();
      panel.scrollIntoView({ behavior: "instant", block: "start" });
      panel.show.its.network.focus({ preventScroll: true });
    }
  }

  lstmMd.train = (root) => (root.train = new Train(root));
})();
