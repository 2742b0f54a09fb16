// The arithmetic of a training: Eqs 1–9 for many sequences at once, and their gradients. It is the
// way of lstm_md/engine: the product of embedding and input weights is a table with a row for each
// label, and the inner loops (kernels.mjs) take four numbers at a time. Nothing in this file needs a
// page. The function is also the text of a worker, so it may not use anything outside itself.
"use strict";
globalThis.lstmMd ??= { networks: {}, letters: {} };

lstmMd.engine = () => {
  const UNITS = 64;
  const GATES = 4 * UNITS;
  // Sixteen floats more than the gates need: rows that lie a power of two apart would push each
  // other out of the first cache.
  const ROW = GATES + 16;
  const COLUMN = UNITS + 16;
  const SLICE = 16; // sequences at a time, whose numbers fit into the caches
  const BYTES = 4;

  const filled = (number, unit) => unit * Math.ceil(number / unit);

  // Random numbers from 0 to 1, the same for the same seed (Mulberry32).
  function random(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  // One array for all weights of a network, or for all of their gradients: the table of the labels,
  // the recurrent weights, the dense layer and its bias, in the layout of Keras.
  function parts(flat, n) {
    let end = 0;
    const part = (size) => flat.subarray(end, (end += size));
    return {
      table: part(n * GATES),
      recurrent: part(UNITS * GATES),
      dense: part(UNITS * n),
      bias: part(n),
    };
  }
  const sizeOf = (n) => n * GATES + UNITS * GATES + UNITS * n + n;

  // Which labels are read, how many there are, and how many frames a sequence has.
  class Engine {
    constructor(kernels, labels, n, frames) {
      Object.assign(this, { labels, n, frames, wide: filled(n, 8) });
      const { wide } = this;
      const memory = new WebAssembly.Memory({ initial: 1 });
      let end = 0;
      const sizes = {
        table: n * ROW,
        recurrent: UNITS * ROW,
        transposed: GATES * COLUMN, // of the recurrent weights
        dense: UNITS * wide,
        denseTransposed: wide * UNITS,
        gates: frames * SLICE * ROW,
        h: (frames + 1) * SLICE * UNITS, // before each frame, and after the last
        c: (frames + 1) * SLICE * UNITS,
        logits: frames * SLICE * wide, // then the gradient with respect to them
        output: frames * SLICE * UNITS, // the gradient that comes from them to h
        next: SLICE * UNITS, // the gradients that come from the frame after to h and to c
        carried: SLICE * UNITS,
        tableGradient: n * ROW,
        recurrentGradient: UNITS * ROW,
        denseGradient: UNITS * wide,
        read: (frames + 1) * SLICE, // labels, frame by frame
      };
      const at = (this.at = {});
      Object.entries(sizes).forEach(([name, size]) => {
        at[name] = end;
        end = filled(end + BYTES * size, 64);
      });
      memory.grow(Math.ceil(end / 65536));
      const array = (name, Kind = Float32Array) => new Kind(memory.buffer, at[name], sizes[name]);
      Object.keys(sizes).forEach((name) => (this[name] = array(name)));
      this.read = array("read", Int32Array);
      const module = new WebAssembly.Module(kernels);
      this.wasm = new WebAssembly.Instance(module, { env: { memory } }).exports;
      this.bias = new Float32Array(n);
    }

    setWeights(flat) {
      const { n, wide } = this;
      const { table, recurrent, dense, bias } = parts(flat, n);
      for (let k = 0; k < n; k++) this.table.set(table.subarray(k * GATES, (k + 1) * GATES), k * ROW);
      for (let k = 0; k < UNITS; k++) {
        for (let g = 0; g < GATES; g++) {
          const weight = recurrent[k * GATES + g];
          this.recurrent[k * ROW + g] = this.transposed[g * COLUMN + k] = weight;
        }
        for (let j = 0; j < n; j++) {
          this.dense[k * wide + j] = this.denseTransposed[j * UNITS + k] = dense[k * n + j];
        }
      }
      this.bias.set(bias);
    }

    // Rows × inner times inner × columns; distances in floats.
    product(a, rowA, stepA, b, stepB, c, rowC, rows, columns, inner, add = 0) {
      const [bytesA, bytesStepA, bytesB, bytesC] = [rowA, stepA, stepB, rowC].map((d) => BYTES * d);
      this.wasm.multiply(
        a, bytesA, bytesStepA, b, bytesB, c, bytesC, rows / 4, columns / 8, inner, add,
      ); // prettier-ignore
    }

    // All rows read so many labels, the first of them at ``from`` of this.read.
    forward(frames, from = 0) {
      const { at } = this;
      for (let t = 0; t < frames; t++) {
        const [gates, h, c] = [at.gates + t * BYTES * SLICE * ROW, this.state("h", t), this.state("c", t)];
        this.product(h, UNITS, 1, at.recurrent, ROW, gates, ROW, SLICE, GATES, UNITS);
        const labels = at.read + BYTES * SLICE * (from + t);
        this.wasm.cell(
          gates, BYTES * ROW, at.table, labels, c, this.state("c", t + 1), this.state("h", t + 1), SLICE,
        ); // prettier-ignore
      }
    }

    // The address of h or c before a frame.
    state(name, frame) {
      return this.at[name] + BYTES * SLICE * UNITS * frame;
    }

    // The first state of each row: zero, or that after the labels before the sequence.
    begin(starts, warmUp) {
      this.h.fill(0, 0, SLICE * UNITS);
      this.c.fill(0, 0, SLICE * UNITS);
      for (let done = 0; done < warmUp; ) {
        const frames = Math.min(this.frames, warmUp - done);
        this.take(starts, done - warmUp, frames);
        this.forward(frames);
        this.h.copyWithin(0, frames * SLICE * UNITS, (frames + 1) * SLICE * UNITS);
        this.c.copyWithin(0, frames * SLICE * UNITS, (frames + 1) * SLICE * UNITS);
        done += frames;
      }
      starts.forEach((start, row) => {
        if (start >= warmUp) return;
        this.h.fill(0, row * UNITS, (row + 1) * UNITS); // nothing stands before the first sequence
        this.c.fill(0, row * UNITS, (row + 1) * UNITS);
      });
    }

    // Copies the labels of each row, frame by frame; rows that are not used read label 0.
    take(starts, first, frames) {
      const { labels, read } = this;
      read.fill(0);
      starts.forEach((start, row) => {
        for (let t = 0; t < frames; t++) read[t * SLICE + row] = labels[start + first + t] ?? 0;
      });
    }

    // The sum of the losses (Eq 9) of at most SLICE sequences; the logits become softmax − target.
    losses(starts, warmUp, scale) {
      const { at, frames, n, wide, logits, read, bias } = this;
      this.begin(starts, warmUp);
      this.take(starts, 0, frames + 1);
      this.forward(frames);
      this.product(
        this.state("h", 1), UNITS, 1, at.dense, wide, at.logits, wide, frames * SLICE, wide, UNITS,
      ); // prettier-ignore
      let loss = 0;
      for (let place = 0; place < frames * SLICE; place++) {
        const row = logits.subarray(place * wide, place * wide + n);
        if (place % SLICE >= starts.length) {
          row.fill(0);
          continue;
        }
        const target = read[place + SLICE];
        let top = -Infinity;
        for (let k = 0; k < n; k++) top = Math.max(top, (row[k] += bias[k]));
        const wanted = row[target] - top;
        let sum = 0;
        for (let k = 0; k < n; k++) sum += row[k] = Math.exp(row[k] - top);
        loss += Math.log(sum) - wanted;
        for (let k = 0; k < n; k++) row[k] = (scale * row[k]) / sum;
        row[target] -= scale;
      }
      return loss;
    }

    // Adds the gradients of the sequences that losses() has just read.
    backward(biasGradient) {
      const { at, frames, n, wide, logits } = this;
      this.product(
        at.logits, wide, 1, at.denseTransposed, UNITS, at.output, UNITS, frames * SLICE, UNITS, wide,
      ); // prettier-ignore
      this.next.fill(0);
      this.carried.fill(0);
      for (let t = frames - 1; t >= 0; t--) {
        const gates = at.gates + t * BYTES * SLICE * ROW;
        if (t < frames - 1) {
          const after = gates + BYTES * SLICE * ROW;
          this.product(after, ROW, 1, at.transposed, COLUMN, at.next, UNITS, SLICE, UNITS, GATES);
        }
        const output = at.output + t * BYTES * SLICE * UNITS;
        this.wasm.cell_gradient(
          gates, BYTES * ROW, this.state("c", t), this.state("c", t + 1), output, at.next, at.carried,
          SLICE,
        ); // prettier-ignore
        const labels = at.read + BYTES * SLICE * t;
        this.wasm.add_by_label(gates, BYTES * ROW, labels, at.tableGradient, SLICE);
        this.product(
          this.state("h", t), 1, UNITS, gates, ROW, at.recurrentGradient, ROW, UNITS, GATES, SLICE, 1,
        ); // prettier-ignore
        const errors = at.logits + t * BYTES * SLICE * wide;
        this.product(
          this.state("h", t + 1), 1, UNITS, errors, wide, at.denseGradient, wide, UNITS, wide, SLICE, 1,
        ); // prettier-ignore
      }
      for (let place = 0; place < frames * SLICE; place++) {
        for (let k = 0; k < n; k++) biasGradient[k] += logits[place * wide + k];
      }
    }

    // The sum of the losses of sequences, by their first frames. With a scale, also the gradients of
    // scale × that sum, as one array.
    sum(starts, warmUp, scale = 0) {
      const { n, wide } = this;
      [this.tableGradient, this.recurrentGradient, this.denseGradient].forEach((one) => one.fill(0));
      const bias = new Float64Array(n);
      let loss = 0;
      for (let first = 0; first < starts.length; first += SLICE) {
        loss += this.losses(starts.subarray(first, first + SLICE), warmUp, scale);
        if (scale) this.backward(bias);
      }
      if (!scale) return { loss };
      const flat = new Float32Array(sizeOf(n));
      const gradients = parts(flat, n);
      const copy = (to, from, rows, width, row) => {
        for (let k = 0; k < rows; k++) to.set(from.subarray(k * row, k * row + width), k * width);
      };
      copy(gradients.table, this.tableGradient, n, GATES, ROW);
      copy(gradients.recurrent, this.recurrentGradient, UNITS, GATES, ROW);
      copy(gradients.dense, this.denseGradient, UNITS, n, wide);
      gradients.bias.set(bias);
      return { loss, gradients: flat };
    }

    // Starts some chains (at most SLICE), which all read the same labels first.
    prompt(labels, chains, seed) {
      this.chains = chains;
      this.random = Array.from({ length: chains }, (_, k) => random(seed + 7919 * k));
      this.h.fill(0, 0, SLICE * UNITS);
      this.c.fill(0, 0, SLICE * UNITS);
      labels.subarray(0, -1).forEach((label) => this.one(label));
      this.read.fill(labels.at(-1), 0, SLICE);
    }

    // Every chain reads one label: that of this.read, or the same one. The state stays in place.
    one(label) {
      const { at } = this;
      if (label !== undefined) this.read.fill(label, 0, SLICE);
      const rows = filled(this.chains, 4);
      this.product(at.h, UNITS, 1, at.recurrent, ROW, at.gates, ROW, rows, GATES, UNITS);
      this.wasm.cell(at.gates, BYTES * ROW, at.table, at.read, at.c, at.c, at.h, rows);
    }

    // So many labels of each chain, one chain after another.
    generate(frames) {
      const { at, chains, n, wide, logits, read, bias } = this;
      const labels = new Uint8Array(chains * frames);
      for (let t = 0; t < frames; t++) {
        this.one();
        this.product(at.h, UNITS, 1, at.dense, wide, at.logits, wide, filled(chains, 4), wide, UNITS);
        for (let row = 0; row < chains; row++) {
          const first = row * wide;
          let top = -Infinity;
          for (let k = 0; k < n; k++) top = Math.max(top, (logits[first + k] += bias[k]));
          let sum = 0;
          for (let k = 0; k < n; k++) sum += logits[first + k] = Math.exp(logits[first + k] - top);
          let left = this.random[row]() * sum;
          let label = 0;
          while (label < n - 1 && (left -= logits[first + label]) >= 0) label++;
          labels[row * frames + t] = read[row] = label;
        }
      }
      return labels;
    }
  }

  return { Engine, parts, random, sizeOf, UNITS, GATES, SLICE };
};
