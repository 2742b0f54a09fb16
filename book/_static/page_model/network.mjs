// A trained network that reads labels and writes them, and what is counted in a text. Nothing of
// the page is in here: the tests run this file in a browser or in Node, and hold it to Keras.
"use strict";
globalThis.lstmMd ??= { networks: {} };

(() => {
  // A number is two characters (see tools/page_model.py): the 91 printable ones from # to ~, but
  // for the backslash, are the digits of a whole number, which is shifted and then scaled.
  const BASE = 91;
  const digit = (code) => code - 35 - (code > 92);

  function numbers([scale, text]) {
    return Float64Array.from({ length: text.length / 2 }, (_, k) => {
      const whole = BASE * digit(text.charCodeAt(2 * k)) + digit(text.charCodeAt(2 * k + 1));
      return scale * (whole - (BASE * BASE - 1) / 2);
    });
  }

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const tanh = (x) => 2 / (1 + Math.exp(-2 * x)) - 1; // three times as fast as Math.tanh

  // Eqs 1–8 of the paper. The embedding is folded into the input weights, Λ W + b, a row a label.
  // The gates i, f, c̃, o of a unit lie side by side: four sums that don't wait for each other.
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

  // A label from the softmax of logits / temperature, by one random number; at 0 the likeliest.
  function draw(logits, temperature, random) {
    const top = Math.max(...logits);
    if (temperature === 0) return logits.indexOf(top);
    const shares = logits.map((logit) => Math.exp((logit - top) / temperature));
    let left = random * shares.reduce((sum, share) => sum + share);
    let label = 0;
    while (label < shares.length - 1 && (left -= shares[label]) >= 0) label++;
    return label;
  }

  // A text that goes on after a prompt of labels.
  class Writer {
    constructor(network, prompt, temperature = 1, random = Math.random) {
      Object.assign(this, { network, temperature, random, label: prompt[prompt.length - 1] });
      network.forget();
      prompt.slice(0, -1).forEach((label) => network.read(label));
    }

    write() {
      const logits = this.network.read(this.label);
      return (this.label = draw(logits, this.temperature, this.random()));
    }
  }

  // What a writer has written: counts of all of it, and the labels of the last while.
  class Text {
    constructor(writer, counts, kept = 2 ** 18) {
      Object.assign(this, { writer, counts, frames: 0, ring: new Uint8Array(kept) });
    }

    write(frames) {
      for (let k = 0; k < frames; k++) {
        const label = this.writer.write();
        this.ring[this.frames++ % this.ring.length] = label;
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
  }

  // Populations and transitions, label by label, as lstm_md.analysis.kinetics counts them: a stay of
  // at least the commit time commits, a transition leads from one committed state to the next
  // different one. Segments are counted apart, and their scatter gives the standard errors.
  class Counts {
    constructor(labels, commitTimes, segment) {
      Object.assign(this, { labels, commitTimes, segment, segments: 0, frames: 0 });
      const size = labels * (1 + labels * commitTimes.length);
      [this.now, this.sum, this.squares] = [0, 0, 0].map(() => new Float64Array(size));
      this.begin();
    }

    begin() {
      [this.inside, this.last, this.stay] = [0, -1, 0];
      this.committed = this.commitTimes.map(() => -1);
      this.now.fill(0);
    }

    add(label) {
      this.stay = label === this.last ? this.stay + 1 : 1;
      this.last = label;
      this.now[label]++;
      for (let t = 0; t < this.committed.length; t++) {
        if (this.stay !== this.commitTimes[t]) continue; // a stay commits once
        const from = this.committed[t];
        if (from >= 0 && from !== label) this.now[this.index(t, from, label)]++;
        this.committed[t] = label;
      }
      this.frames++;
      if (++this.inside < this.segment) return;
      this.now.forEach((count, k) => {
        this.sum[k] += count;
        this.squares[k] += count * count;
      });
      this.segments++;
      this.begin();
    }

    index(t, from, to) {
      return this.labels * (1 + t * this.labels + from) + to;
    }

    // Mean of a segment and its standard error, which is not known of less than two segments.
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
    return [...text.matchAll(/(\D)(\d*)/g)].flatMap(([, state, times]) =>
      Array(Number(times || 1)).fill(states.indexOf(state)),
    );
  }

  Object.assign(lstmMd, { Network, Writer, Text, Counts, draw, labelsOf });
})();
