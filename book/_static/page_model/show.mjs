// Lets a network generate in the page: what the controls do, and when the page is drawn and spoken.
"use strict";
(() => {
  const BUSY = 9; // ms of computing between two pictures; the page has the rest
  const AT_ONCE = 20_000; // letters between two pictures, at most
  const MISSED = 100; // ms that are made up for after a slow picture
  const SLICE = 30; // ms of computing without a picture
  const REST = 1_000_000; // letters after which it pauses by itself
  const [NUMBERS, FIRST_WORDS, WORDS] = [250, 5_000, 15_000]; // ms

  const quiet = matchMedia("(prefers-reduced-motion: reduce)");

  class Show {
    constructor(root) {
      const full = root.dataset.size !== "small";
      const its = (this.its = lstmMd.controls(root.dataset.network, full));
      Object.assign(this, { full, playing: true, near: false, limit: REST, last: 0, due: 0, told: 0 });
      this.runs = [this.newRun(0)];
      this.numbers = full ? new lstmMd.Numbers() : null;
      root.replaceChildren(
        its.form, its.runs, its.written, ...(full ? [this.numbers.element] : []), its.summary, its.source,
      ); // prettier-ignore
      its.play.onclick = () => (quiet.matches ? this.step() : this.play(!this.playing));
      its.second.onclick = () => this.compare(this.runs.length === 1);
      its.network.onchange = () => this.open();
      its.prompt.onchange = () => this.begin();
      its.read.onclick = () => this.begin(true);
      its.reset.onclick = () => this.begin();
      its.speed.onchange = () => this.draw();
      quiet.addEventListener("change", () => this.pace());
      new IntersectionObserver((entries) => {
        this.near = entries.at(-1).isIntersecting;
        this.go();
      }).observe(root);
      document.addEventListener("visibilitychange", () => this.go());
      this.pace();
      this.arrange();
      this.open();
    }

    // Nobody sees a page in the background, or what is far away on it.
    get seen() {
      return this.near && !document.hidden;
    }

    newRun(number) {
      const run = new lstmMd.Run(number, {
        heated: () => this.heated(),
        moved: (_, state) => {
          this.draw();
          this.tell(`The particle is now in ${state}.`);
        },
      });
      new ResizeObserver(() => run.draw(this.lettersARow)).observe(run.canvas);
      run.canvas.ontransitionend = () => this.draw(); // its colour is the page's: another theme
      return run;
    }

    get lettersARow() {
      return this.choices[this.its.speed.value][2];
    }

    // One temperature, or two side by side.
    compare(two) {
      this.its.second.setAttribute("aria-pressed", two);
      this.runs = [this.runs[0], ...(two ? [this.newRun(1)] : [])];
      this.arrange();
      if (!this.page) return;
      if (two) {
        this.runs[1].open(this.page);
        this.runs[1].begin(this.prompt());
      }
      this.heated();
    }

    arrange() {
      this.its.runs.replaceChildren(...this.runs.map((run) => run.element));
      this.runs[0].label.textContent = this.runs.length > 1 ? "First temperature" : "Temperature";
    }

    // The trajectory goes on at another temperature; its counts are those of this temperature.
    heated() {
      this.numbers?.set(this.page, this.runs.map((run) => run.name));
      this.draw();
      this.tabulate();
    }

    // Another potential: its network, its states, its numbers, and temperature 1.
    async open() {
      const { its } = this;
      const name = its.network.value;
      try {
        if (!lstmMd.networks[name]) await lstmMd.load(name);
      } catch (error) {
        its.summary.textContent = error.message; // the network before goes on
        if (this.page) its.network.value = this.page.name;
        return;
      }
      if (name !== its.network.value) return; // another was chosen since
      const page = (this.page = lstmMd.networks[name]);
      this.runs.forEach((run) => run.open(page));
      this.numbers?.set(page, this.runs.map((run) => run.name));
      lstmMd.options(its.prompt, lstmMd.prompts(page), page.prompt);
      its.source.replaceChildren(...lstmMd.about(page, this.full));
      this.begin();
    }

    // What was generated and counted is forgotten, and the prompt is read again. ``asked``: a reader
    // wants the typed letters to be read.
    begin(asked = false) {
      if (!this.page) return;
      const prompt = this.prompt(asked);
      this.runs.forEach((run) => run.begin(prompt));
      Object.assign(this, { limit: REST, due: 0 });
      this.draw();
      this.tell(prompt && this.its.prompt.value === "" ? this.surprise(prompt) : "");
      this.told += FIRST_WORDS - WORDS;
      this.go();
    }

    // The labels to begin with, or null where the typed letters are not those of this network.
    prompt(asked = false) {
      const { page, its } = this;
      const own = its.prompt.value === "";
      its.typing.hidden = !own;
      its.wrong.textContent = "";
      its.typed.removeAttribute("aria-invalid");
      its.typed.placeholder = [...page.states].slice(0, 6).reverse().join("");
      if (!own) return lstmMd.labelsOf(its.prompt.value, page.states);
      const typed = its.typed.value.toUpperCase().replace(/[\s,;]/g, "");
      const at = [...typed].findIndex((letter) => !page.states.includes(letter));
      if (typed && at < 0) return lstmMd.labelsOf(typed, page.states);
      if (typed || asked) {
        const names = [...page.states].join(", ");
        const found = typed ? `; letter ${at + 1} is “${typed[at]}”` : "; there is none yet";
        its.wrong.textContent = `Give letters of this network, ${names}${found}.`;
        its.typed.setAttribute("aria-invalid", "true");
      }
      return null;
    }

    // How well the network predicts the letters of a reader.
    surprise(prompt) {
      const { surprise } = this.runs[0].text.writer;
      const read = `The network read your ${lstmMd.inLetters(prompt.length)}.`;
      if (prompt.length < 2) return read;
      const loss = (surprise / (prompt.length - 1)).toFixed(3);
      const usual = this.page.loss === undefined ? "" : `; on letters of the simulation it is ${this.page.loss.toFixed(3)}`;
      return `${read} Its loss on them is ${loss} nats per letter${usual}.`;
    }

    // What there is to choose from, and what the button does, with motion and without.
    pace() {
      const { title, choices, first } = lstmMd.paces(quiet.matches);
      this.choices = choices;
      this.its.pace.textContent = title;
      const words = choices.map(([each], k) => [each, k]);
      lstmMd.options(this.its.speed, words, first);
      this.play(this.playing && !quiet.matches);
    }

    get text() {
      return this.runs[0].text;
    }

    play(playing) {
      this.playing = playing;
      this.its.play.textContent = quiet.matches ? "Generate" : playing ? "Pause" : "Play";
      if (playing && this.text && this.text.frames >= this.limit) this.limit += REST;
      if (!playing) {
        this.draw();
        this.tell();
      }
      this.go();
    }

    go() {
      if (this.going || !this.playing || !this.seen || !this.text) return;
      this.going = true;
      this.last = performance.now();
      requestAnimationFrame(() => this.frame());
    }

    frame() {
      this.going = this.playing && this.seen && this.text !== null;
      if (!this.going) return;
      const now = performance.now();
      const [, speed] = this.choices[this.its.speed.value];
      const more = (speed * Math.min(MISSED, now - this.last)) / 1000 || 0; // 0 × Infinity is none
      this.last = now;
      this.due = Math.min(AT_ONCE, this.due + more);
      this.due -= this.write(Math.floor(this.due), now + BUSY);
      if (performance.now() >= now + BUSY) this.due = 0; // what a slow device can't do is left out
      this.draw(true);
      if (now - this.tabled >= NUMBERS) this.tabulate();
      if (now - this.told >= WORDS) this.tell();
      requestAnimationFrame(() => this.frame());
      if (this.text.frames >= this.limit) this.play(false);
    }

    // So many letters at each temperature, or fewer if time runs out; returns how many.
    write(letters, until) {
      let written = 0;
      while (written < letters && performance.now() < until) {
        const some = Math.min(50, letters - written);
        this.runs.forEach((run) => run.text.write(some));
        written += some;
      }
      return written;
    }

    // Without motion: so many letters, in slices that leave the page alive, and then one picture.
    step() {
      const { text, its } = this;
      if (!text || its.play.getAttribute("aria-disabled")) return;
      let [, left] = this.choices[its.speed.value];
      its.play.setAttribute("aria-disabled", "true");
      its.written.textContent = "Generating …";
      const slice = () => {
        if (text === this.text) left -= this.write(left, performance.now() + SLICE);
        if (text === this.text && left > 0) return setTimeout(slice);
        its.play.removeAttribute("aria-disabled");
        this.draw();
        this.tell();
      };
      slice();
    }

    // ``moving``: the next picture follows at once.
    draw(moving = false) {
      this.runs.forEach((run) => run.draw(this.lettersARow, moving));
    }

    tabulate() {
      this.tabled = performance.now();
      const frames = this.text?.frames ?? 0;
      this.numbers?.show(this.runs.map((run) => run.text?.counts ?? null));
      this.its.written.textContent = this.text
        ? `${lstmMd.inLetters(frames)} generated${this.runs.length > 1 ? " in the first panel" : ""}`
        : "The network generates nothing before it has read your letters.";
    }

    // Now and then in words, for a reader who listens.
    tell(first = "") {
      if (!this.page) return;
      const { text, its } = this;
      this.told = performance.now();
      this.tabulate();
      const counts = text?.counts;
      const more = counts?.frames && this.numbers ? this.numbers.summary(counts) : "";
      its.summary.textContent = [first, more].filter(Boolean).join(" ");
      this.runs.forEach((run) => {
        const words = `${lstmMd.inLetters(run.text?.frames ?? 0)} of the network at ${run.name}`;
        run.canvas.setAttribute("aria-label", `${words}, above the free energy along x`);
      });
    }
  }

  lstmMd.show = (root) => (root.show = new Show(root));
})();
