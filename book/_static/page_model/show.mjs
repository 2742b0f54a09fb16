// Lets a network write in the page: what the controls do, and when what is drawn and told.
"use strict";
(() => {
  const BUSY = 9; // ms of computing between two pictures; the page has the rest
  const AT_ONCE = 20_000; // labels between two pictures, at most
  const MISSED = 100; // ms that are made up for after a slow picture
  const SLICE = 30; // ms of computing without a picture
  const REST = 1_000_000; // labels after which it pauses by itself
  const [TABLE, FIRST_WORDS, WORDS] = [200, 5_000, 15_000]; // ms

  const quiet = matchMedia("(prefers-reduced-motion: reduce)");

  class Show {
    constructor(root) {
      const its = (this.its = lstmMd.controls(root.dataset.network));
      root.replaceChildren(its.form, its.written, its.views, its.summary, its.source);
      Object.assign(this, { playing: true, seen: false, limit: REST, last: 0, due: 0 });
      its.play.onclick = () => (quiet.matches ? this.step() : this.play(!this.playing));
      its.network.onchange = () => this.open();
      [its.prompt, its.typed, its.temperature].forEach(
        (one) => (one.onchange = () => this.begin()),
      );
      its.reset.onclick = () => this.begin();
      its.speed.onchange = () => this.draw();
      its.commit.onchange = () => this.tell();
      quiet.addEventListener("change", () => this.pace());
      its.canvas.ontransitionend = () => this.draw(); // its colour is the page's: another theme
      new ResizeObserver(() => this.draw()).observe(its.canvas);
      new IntersectionObserver((entries) => {
        this.seen = entries.at(-1).isIntersecting;
        this.go();
      }).observe(its.canvas);
      this.pace();
      this.open();
    }

    // Another potential: its network, its states, its numbers.
    async open() {
      const { its } = this;
      const name = its.network.value;
      try {
        await lstmMd.load(name);
      } catch (error) {
        its.written.textContent = error.message;
        return;
      }
      if (name !== its.network.value) return; // another was chosen since
      const page = (this.page = lstmMd.networks[name]);
      this.network = new lstmMd.Network(page);
      this.picture = lstmMd.picture(its.canvas, page);
      this.table = lstmMd.table(page, its.commit);
      const stays = page.commitTimes.map((c, t) => [c === 1 ? "1 label" : `${c} labels`, t]);
      lstmMd.options(its.commit, stays, 1);
      lstmMd.options(its.prompt, lstmMd.prompts(page), page.prompt);
      its.table.replaceChildren(this.table.element);
      its.source.replaceChildren(...lstmMd.about(page));
      this.begin();
    }

    // What was written and counted is forgotten; the prompt is read anew.
    begin() {
      if (!this.page) return;
      const { page, its } = this;
      const prompt = this.prompt();
      this.text = null;
      if (prompt) {
        const writer = new lstmMd.Writer(this.network, prompt, Number(its.temperature.value));
        const counts = new lstmMd.Counts(page.states.length, page.commitTimes, page.segment);
        this.text = new lstmMd.Text(writer, counts);
      }
      Object.assign(this, { limit: REST, due: 0 });
      this.draw();
      this.tell();
      this.told += FIRST_WORDS - WORDS;
      this.go();
    }

    // The labels to begin with, or nothing where what was typed is none.
    prompt() {
      const { page, its } = this;
      const typed = its.typed.value.toUpperCase().replace(/\s/g, "");
      const asked = its.prompt.value === "";
      const right = !asked || new RegExp(`^[${page.states}]+$`).test(typed);
      const names = [...page.states].join(", ");
      its.typing.hidden = !asked;
      its.typed.placeholder = [...page.states].reverse().join("");
      its.typed.setAttribute("aria-invalid", !right && typed !== "");
      its.typed.setCustomValidity(right ? "" : `Type the labels ${names}; found ${typed}`);
      if (!right && typed) its.typed.reportValidity();
      return right && lstmMd.labelsOf(asked ? typed : its.prompt.value, page.states);
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

    play(playing) {
      this.playing = playing;
      this.its.play.textContent = quiet.matches ? "Write on" : playing ? "Pause" : "Play";
      if (playing && this.text && this.text.frames >= this.limit) this.limit += REST;
      if (!playing) this.tell();
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
      this.draw();
      if (now - this.tabled >= TABLE) this.tabulate();
      if (now - this.told >= WORDS) this.tell();
      requestAnimationFrame(() => this.frame());
      if (this.text.frames >= this.limit) this.play(false);
    }

    // So many labels, or fewer if time runs out; returns how many.
    write(labels, until) {
      let written = 0;
      while (written < labels && performance.now() < until) {
        const some = Math.min(50, labels - written);
        this.text.write(some);
        written += some;
      }
      return written;
    }

    // Without motion: so many labels, in slices that leave the page alive, and then one picture.
    step() {
      const { text, its } = this;
      if (!text || its.play.getAttribute("aria-disabled")) return;
      let [, left] = this.choices[its.speed.value];
      its.play.setAttribute("aria-disabled", "true");
      its.written.textContent = "Writing …";
      const slice = () => {
        if (text === this.text) left -= this.write(left, performance.now() + SLICE);
        if (text === this.text && left > 0) return setTimeout(slice);
        its.play.removeAttribute("aria-disabled");
        this.draw();
        this.tell();
      };
      slice();
    }

    draw() {
      if (!this.picture) return;
      const [, , labelsARow] = this.choices[this.its.speed.value];
      this.picture(this.text, labelsARow);
    }

    tabulate() {
      this.tabled = performance.now();
      const frames = this.text ? this.text.frames : 0;
      if (this.text) this.table.show(this.text.counts, this.its.commit.value);
      this.its.written.textContent = `${lstmMd.whole(frames)} labels written`;
    }

    // Now and then in words, for a reader who listens.
    tell() {
      if (!this.page) return;
      const { text, its } = this;
      const names = [...this.page.states].join(", ");
      const none = text ? "" : `Waiting for a prompt of the labels ${names}.`;
      const frames = text ? text.frames : 0;
      this.told = performance.now();
      this.tabulate();
      its.summary.textContent = frames ? this.table.summary(text.counts, its.commit.value) : none;
      const words = `${lstmMd.whole(frames)} labels of the network, over the free energy along x`;
      its.canvas.setAttribute("aria-label", words);
    }
  }

  lstmMd.show = (root) => new Show(root);
})();
