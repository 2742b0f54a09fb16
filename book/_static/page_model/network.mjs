// A trained network that reads letters and generates more of them, and what is counted among them.
// A letter stands for a label, a whole number from 0. Nothing in this file needs a page: the tests
// run it in a browser or in Node, and compare it with Keras.
"use strict";
globalThis.lstmMd ??= { networks: {}, letters: {} };

(() => {
  // A number is two characters (see tools/page_model.py): the 91 printable ones from # to ~, but
  // for the backslash, are the digits of a whole number, which is shifted and then scaled.
  const BASE = 91;
  const digit = (code) => code - 35 - (code > 92);

  // The numbers of an array that was encoded, or of one that was trained in the page.
  function numbers(given) {
    if (ArrayBuffer.isView(given)) return Float64Array.from(given);
    const [scale, text] = given;
    return Float64Array.from({ length: text.length / 2 }, (_, k) => {
      const whole = BASE * digit(text.charCodeAt(2 * k)) + digit(text.charCodeAt(2 * k + 1));
      return scale * (whole - (BASE * BASE - 1) / 2);
    });
  }

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const tanh = (x) => 2 / (1 + Math.exp(-2 * x)) - 1; // three times as fast as Math.tanh

  // Eqs 1–8 of the paper. The embedding is folded into the input weights, Λ W + b: one row for each
  // label. The gates i, f, c̃, o of a unit lie side by side, so that the processor can add up four
  // sums at the same time.
  class Network {
    constructor({ states, units, weights }) {
      Object.assign(this, { labels: states.length, units });
      this.table = numbers(weights.table); // label, unit, gate
      this.recurrent = numbers(weights.recurrent); // unit, unit that it hears, gate
      this.dense = numbers(weights.dense); // label, unit
      this.bias = numbers(weights.bias);
      this.logits = new Float64Array(this.labels);
      this.forget();
    }

    forget() {
      [this.h, this.next, this.c] = [0, 0, 0].map(() => new Float64Array(this.units));
    }

    // Reads one label; the logits of the label after it are the same array at every call.
    read(label) {
      const { units, table, recurrent, dense, h, c, next, logits } = this;
      for (let k = 0, t = 4 * units * label, u = 0; k < units; k++) {
        let i = table[t++],
          f = table[t++],
          candidate = table[t++],
          o = table[t++];
        for (let j = 0; j < units; j++) {
          const heard = h[j];
          i += heard * recurrent[u++];
          f += heard * recurrent[u++];
          candidate += heard * recurrent[u++];
          o += heard * recurrent[u++];
        }
        c[k] = sigmoid(f) * c[k] + sigmoid(i) * tanh(candidate); // Eq 6
        next[k] = sigmoid(o) * tanh(c[k]); // Eq 7
      }
      [this.h, this.next] = [next, h];
      for (let n = 0, d = 0; n < this.labels; n++) {
        logits[n] = this.bias[n];
        for (let k = 0; k < units; k++) logits[n] += dense[d++] * next[k]; // Eq 8
      }
      return logits;
    }
  }

  // The probabilities of the next label, at a temperature; at 0 the most likely label has all.
  function softmax(logits, temperature) {
    const top = Math.max(...logits);
    const likeliest = logits.indexOf(top);
    if (temperature === 0) return Array.from(logits, (_, k) => Number(k === likeliest));
    const shares = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
    const sum = shares.reduce((total, share) => total + share);
    return shares.map((share) => share / sum);
  }

  // The label at which the sum of the probabilities passes a random number.
  function draw(logits, temperature, random) {
    const shares = softmax(logits, temperature);
    let left = random;
    let label = 0;
    while (label < shares.length - 1 && (left -= shares[label]) >= 0) label++;
    return label;
  }

  // A trajectory that begins with the labels of a prompt, and that the network continues.
  class Writer {
    constructor(network, prompt, temperature = 1, random = Math.random) {
      Object.assign(this, { network, temperature, random });
      network.forget();
      this.surprise = 0; // the sum of −ln p over the labels of the prompt, but for the first
      prompt.forEach((label, k) => {
        if (k > 0) this.surprise -= Math.log(softmax(this.logits, 1)[label]);
        this.put(label);
      });
    }

    // The network reads a label, whoever chose it.
    put(label) {
      this.label = label;
      this.logits = this.network.read(label);
    }

    probabilities() {
      return softmax(this.logits, this.temperature);
    }

    write() {
      this.put(draw(this.logits, this.temperature, this.random()));
      return this.label;
    }
  }

  // What a writer has generated: the labels of the last while, and counts of all of them. Each
  // temperature has its own counts, since the numbers of two temperatures do not mix.
  class Text {
    constructor(writer, newCounts, kept = 2 ** 18) {
      Object.assign(this, { writer, newCounts, frames: 0, ring: new Uint8Array(kept) });
      this.all = new Map(); // the counts of each temperature
      this.setTemperature(writer.temperature);
    }

    setTemperature(temperature) {
      this.writer.temperature = temperature;
      if (!this.all.has(temperature)) this.all.set(temperature, this.newCounts());
      this.counts = this.all.get(temperature);
      this.counts.cut();
    }

    // A reader moves the particle: the label is read and shown, but it was not generated, so it is
    // not counted, and neither is the jump.
    put(label) {
      this.writer.put(label);
      this.keep(label);
      this.counts.cut();
    }

    keep(label) {
      this.ring[this.frames++ % this.ring.length] = label;
    }

    write(frames) {
      for (let k = 0; k < frames; k++) {
        const label = this.writer.write();
        this.keep(label);
        this.counts.add(label);
      }
    }

    // How often each label is among so many labels, the last of which is so far back; what is no
    // longer kept is not counted.
    recent(back, frames) {
      const times = Array(this.counts.labels).fill(0);
      const end = this.frames - back;
      const start = Math.max(0, this.frames - this.ring.length, end - frames);
      for (let k = start; k < end; k++) times[this.ring[k % this.ring.length]]++;
      return times;
    }

    // The last labels, in order.
    last(frames) {
      const start = Math.max(0, this.frames - this.ring.length, this.frames - frames);
      const found = Array.from({ length: this.frames - start }, (_, k) => start + k);
      return found.map((k) => this.ring[k % this.ring.length]);
    }
  }

  // Populations and transitions, label by label, as lstm_md.analysis.kinetics counts them: a stay of
  // at least the commit time commits, a transition leads from one committed state to the next
  // different one. Segments are counted apart, and their scatter gives the standard errors.
  class Counts {
    constructor(labels, commitTimes, segment) {
      Object.assign(this, { labels, commitTimes, segment, segments: 0, frames: 0 });
      const size = labels * (1 + labels * commitTimes.length);
      [this.now, this.sum, this.squares] = [0, 0, 0].map(() => new Float64Array(size));
      this.longest = Math.max(...commitTimes);
      this.at = new Int32Array(this.longest + 1).fill(-1); // stay → commit time that it reaches
      commitTimes.forEach((time, t) => (this.at[time] = t));
      this.committed = commitTimes.map(() => -1);
      this.begin();
    }

    // The next label does not continue what was counted so far.
    cut() {
      [this.last, this.stay] = [-1, 0];
      this.committed.fill(-1);
    }

    begin() {
      this.inside = 0;
      this.now.fill(0);
      this.cut();
    }

    add(label) {
      this.stay = label === this.last ? this.stay + 1 : 1;
      this.last = label;
      this.now[label]++;
      // A stay commits once, at the moment when it is long enough.
      const t = this.stay <= this.longest ? this.at[this.stay] : -1;
      if (t >= 0) {
        const from = this.committed[t];
        if (from >= 0 && from !== label) this.now[this.index(t, from, label)]++;
        this.committed[t] = label;
      }
      this.frames++;
      if (++this.inside < this.segment) return;
      for (let k = 0; k < this.now.length; k++) {
        this.sum[k] += this.now[k];
        this.squares[k] += this.now[k] ** 2;
      }
      this.segments++;
      this.begin();
    }

    // What another chain of labels has counted is added.
    join(other) {
      ["now", "sum", "squares"].forEach((name) =>
        this[name].forEach((_, k) => (this[name][k] += other[name][k])),
      );
      this.segments += other.segments;
      this.frames += other.frames;
      return this;
    }

    index(t, from, to) {
      return this.labels * (1 + t * this.labels + from) + to;
    }

    // Mean of a segment and its standard error, which two segments are needed for.
    estimate(k) {
      const n = this.segments;
      const value = ((this.sum[k] + this.now[k]) * this.segment) / Math.max(1, this.frames);
      const spread = Math.max(0, this.squares[k] - this.sum[k] ** 2 / n) / (n - 1);
      return { value, error: n > 1 ? Math.sqrt(spread / n) : NaN };
    }

    population(label) {
      const { value, error } = this.estimate(label);
      return { value: value / this.segment, error: error / this.segment };
    }

    transitions(t, from, to) {
      return this.estimate(this.index(t, from, to));
    }
  }

  // "A3B" is A, A, A, B; without numbers it is what a reader types.
  function labelsOf(text, states) {
    const stays = [...text.matchAll(/(\D)(\d*)/g)].map(([, state, times]) => [
      states.indexOf(state),
      Number(times || 1),
    ]);
    const labels = new Uint8Array(stays.reduce((sum, [, times]) => sum + times, 0));
    let end = 0;
    stays.forEach(([label, times]) => labels.fill(label, end, (end += times)));
    return labels;
  }

  Object.assign(lstmMd, { Network, Writer, Text, Counts, draw, softmax, labelsOf });
})();
