// Trains a network in the page, with the settings of lstm_md (settings.OURS): sequences of 100
// letters that share one letter, 64 in a step, Adam with a learning rate that falls from 0.02 to 0
// along half a cosine, a tenth of the sequences held back. A team of workers (team.mjs) computes the
// gradients.
"use strict";
(() => {
  const LENGTH = 100; // letters in a sequence
  const BATCH = 64; // sequences in a step
  const EMBEDDING = 8;
  const [RATE, BETA_1, BETA_2, EPSILON, HELD_BACK] = [0.02, 0.9, 0.999, 1e-7, 0.1];
  const { parts, random, sizeOf, UNITS, GATES } = lstmMd.engine();

  // As Python rounds: a half goes to the even neighbour.
  function rounded(number) {
    const whole = Math.round(number);
    return number % 1 === 0.5 && whole % 2 ? whole - 1 : whole;
  }

  // What a training will do, step by step.
  class Plan {
    constructor(frames, { epochs = 20, warmed = true, rate = RATE } = {}) {
      const sequences = Math.floor((frames - 1) / LENGTH);
      const learned = sequences - rounded(HELD_BACK * sequences);
      const rows = Math.min(BATCH, learned);
      const steps = Math.max(1, Math.floor(learned / BATCH));
      Object.assign(this, { sequences, learned, rows, steps, epochs, first: rate });
      this.warmUp = warmed ? LENGTH : 0; // letters that are read before a sequence
    }

    // The first frames of the sequences of each step, in a new order for each epoch.
    order(next) {
      const all = Int32Array.from({ length: this.learned }, (_, k) => k);
      for (let k = all.length - 1; k > 0; k--) {
        const other = Math.floor(next() * (k + 1));
        [all[k], all[other]] = [all[other], all[k]];
      }
      const starts = all.map((sequence) => sequence * LENGTH);
      return Array.from({ length: this.steps }, (_, step) =>
        starts.subarray(step * this.rows, (step + 1) * this.rows),
      );
    }

    heldBack() {
      const count = this.sequences - this.learned;
      return Int32Array.from({ length: count }, (_, k) => (this.learned + k) * LENGTH);
    }

    rate(epoch, step) {
      const done = (epoch * this.steps + step) / (this.epochs * this.steps);
      return this.first * 0.5 * (1 + Math.cos(Math.PI * done));
    }
  }

  // The weights in the layout of Keras, drawn as Keras draws them: embedding uniform within ±0.05,
  // input and dense weights by Glorot, recurrent weights orthogonal, biases 0, but 1 for gate f.
  function initialWeights(n, seed) {
    const next = random(seed);
    const uniform = (size, limit) => Float32Array.from({ length: size }, () => limit * (2 * next() - 1));
    const glorot = (rows, columns) => uniform(rows * columns, Math.sqrt(6 / (rows + columns)));
    const bias = new Float32Array(GATES);
    bias.fill(1, UNITS, 2 * UNITS);
    return {
      embedding: uniform(n * EMBEDDING, 0.05),
      kernel: glorot(EMBEDDING, GATES),
      recurrent: orthogonal(next),
      bias,
      dense: glorot(UNITS, n),
      denseBias: new Float32Array(n),
    };
  }

  // UNITS rows of GATES numbers, each at right angles to all others and of length 1.
  function orthogonal(next) {
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const rows = [];
    while (rows.length < UNITS) {
      const row = Float64Array.from({ length: GATES }, normal);
      const along = (other) => row.reduce((sum, value, k) => sum + value * other[k], 0);
      for (let again = 0; again < 2; again++) {
        rows.forEach((other) => {
          const share = along(other);
          row.forEach((_, k) => (row[k] -= share * other[k]));
        });
      }
      const length = Math.sqrt(along(row));
      rows.push(row.map((value) => value / length));
    }
    return Float32Array.from({ length: UNITS * GATES }, (_, k) => rows[Math.floor(k / GATES)][k % GATES]);
  }

  // What the workers get: the product of embedding and input weights as one table, Λ W + b.
  function folded({ embedding, kernel, recurrent, bias, dense, denseBias }) {
    const n = denseBias.length;
    const flat = new Float32Array(sizeOf(n));
    const to = parts(flat, n);
    for (let label = 0; label < n; label++) {
      for (let g = 0; g < GATES; g++) {
        let sum = bias[g];
        for (let m = 0; m < EMBEDDING; m++) {
          sum += embedding[label * EMBEDDING + m] * kernel[m * GATES + g];
        }
        to.table[label * GATES + g] = sum;
      }
    }
    to.recurrent.set(recurrent);
    to.dense.set(dense);
    to.bias.set(denseBias);
    return flat;
  }

  // The gradients of the weights, from those of the folded ones.
  function unfolded(flat, { embedding, kernel, denseBias }) {
    const n = denseBias.length;
    const { table, recurrent, dense, bias } = parts(flat, n);
    const gradient = {
      embedding: new Float32Array(n * EMBEDDING),
      kernel: new Float32Array(EMBEDDING * GATES),
      recurrent,
      bias: new Float32Array(GATES),
      dense,
      denseBias: bias,
    };
    for (let label = 0; label < n; label++) {
      for (let g = 0; g < GATES; g++) {
        const value = table[label * GATES + g];
        gradient.bias[g] += value;
        for (let m = 0; m < EMBEDDING; m++) {
          gradient.embedding[label * EMBEDDING + m] += value * kernel[m * GATES + g];
          gradient.kernel[m * GATES + g] += embedding[label * EMBEDDING + m] * value;
        }
      }
    }
    return gradient;
  }

  class Adam {
    constructor(weights) {
      Object.assign(this, { weights, steps: 0 });
      const zeros = () => Object.entries(weights).map(([name, w]) => [name, new Float32Array(w.length)]);
      [this.means, this.squares] = [Object.fromEntries(zeros()), Object.fromEntries(zeros())];
    }

    step(gradients, rate) {
      this.steps++;
      const now = (rate * Math.sqrt(1 - BETA_2 ** this.steps)) / (1 - BETA_1 ** this.steps);
      Object.entries(this.weights).forEach(([name, weight]) => {
        const [gradient, mean, square] = [gradients[name], this.means[name], this.squares[name]];
        for (let k = 0; k < weight.length; k++) {
          const g = gradient[k];
          mean[k] += (g - mean[k]) * (1 - BETA_1);
          square[k] += (g * g - square[k]) * (1 - BETA_2);
          weight[k] -= (now * mean[k]) / (Math.sqrt(square[k]) + EPSILON);
        }
      });
    }
  }

  // One training, and what its network generates afterwards. ``tell`` is called after each step.
  class Training {
    constructor(labels, n, { seed = 1, workers, ...settings } = {}) {
      Object.assign(this, { labels, n, seed, workers, stopped: false, door: new lstmMd.Door() });
      this.plan = new Plan(labels.length, settings);
      this.weights = initialWeights(n, seed);
      this.history = { steps: [], validation: [] };
    }

    async run(tell = () => {}) {
      const { plan, weights, history, n } = this;
      const next = random(this.seed + 1);
      const adam = new Adam(weights);
      this.team = new lstmMd.Team(this.labels, n, LENGTH, this.workers);
      await this.team.ready;
      const heldBack = plan.heldBack();
      for (let epoch = 0; epoch < plan.epochs; epoch++) {
        const order = plan.order(next);
        for (let step = 0; step < plan.steps; step++) {
          await this.door.passed;
          if (this.stopped) return false;
          const count = order[step].length * LENGTH;
          const { loss, gradients } = await this.team.sum(
            folded(weights), order[step], plan.warmUp, 1 / count,
          ); // prettier-ignore
          if (!Number.isFinite(loss)) throw new Error("The loss is no longer a number.");
          adam.step(unfolded(gradients, weights), plan.rate(epoch, step));
          history.steps.push(loss / count);
          tell({ epoch, step, done: history.steps.length / (plan.epochs * plan.steps) });
        }
        if (!heldBack.length) continue;
        const { loss } = await this.team.sum(folded(weights), heldBack, plan.warmUp);
        history.validation.push(loss / (heldBack.length * LENGTH));
        tell({ epoch, step: plan.steps, done: history.steps.length / (plan.epochs * plan.steps) });
      }
      return true;
    }

    // Lets the network generate: every worker the same number of chains, which all begin with the
    // same labels. ``take`` gets the labels of each chain, block by block.
    async generate(prompt, chains, frames, take, block = 2_000) {
      const weights = folded(this.weights);
      const each = Math.max(1, Math.round(chains / this.team.workers.length));
      await this.team.all((k) => ({
        act: "prompt", weights, labels: prompt, chains: each, seed: this.seed + 100_003 * (k + 1),
      })); // prettier-ignore
      for (let done = 0; done < frames; done += block) {
        await this.door.passed;
        if (this.stopped) return false;
        const now = Math.min(block, frames - done);
        const made = await this.team.all(() => ({ act: "generate", frames: now }));
        const labels = made.flatMap((all) =>
          Array.from({ length: each }, (_, chain) => all.subarray(chain * now, (chain + 1) * now)),
        );
        take(labels, done + now);
      }
      return true;
    }

    stop() {
      this.stopped = true;
      this.door.open();
    }

    end() {
      this.team?.end();
    }
  }

  // The weights as a network of the page holds them: see Network in network.mjs.
  function forThePage(weights) {
    const n = weights.denseBias.length;
    const { table, recurrent, dense, bias } = parts(folded(weights), n);
    const gate = (array, row, unit, g) => array[row * GATES + g * UNITS + unit];
    const made = {
      table: new Float32Array(n * GATES),
      recurrent: new Float32Array(UNITS * GATES),
      dense: Float32Array.from({ length: n * UNITS }, (_, k) => dense[(k % UNITS) * n + Math.floor(k / UNITS)]),
      bias,
    };
    for (let unit = 0; unit < UNITS; unit++) {
      for (let g = 0; g < 4; g++) {
        for (let label = 0; label < n; label++) {
          made.table[(label * UNITS + unit) * 4 + g] = gate(table, label, unit, g);
        }
        for (let heard = 0; heard < UNITS; heard++) {
          made.recurrent[(unit * UNITS + heard) * 4 + g] = gate(recurrent, heard, unit, g);
        }
      }
    }
    return made;
  }

  Object.assign(lstmMd, { Training, Plan, Adam, initialWeights, folded, unfolded, forThePage });
})();
