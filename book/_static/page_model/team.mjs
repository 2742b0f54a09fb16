// The workers that compute the gradients of a training, and the door at which they wait.
"use strict";
(() => {
  const { SLICE } = lstmMd.engine();

  // The program of a worker. It is made from text, since a page that was opened as a file may not
  // start a worker from another file.
  const PROGRAM = `"use strict";
    const lstmMd = {};
    const { Engine } = (${lstmMd.engine})();
    let engine;
    const acts = {
      begin: ({ kernels, labels, n, length }) => void (engine = new Engine(kernels, labels, n, length)),
      sum({ weights, starts, warmUp, scale }) {
        engine.setWeights(weights);
        return engine.sum(starts, warmUp, scale);
      },
      prompt({ weights, labels, chains, seed }) {
        engine.setWeights(weights);
        engine.prompt(labels, chains, seed);
      },
      generate: ({ frames }) => engine.generate(frames),
    };
    onmessage = ({ data }) => {
      try { postMessage({ value: acts[data.act](data) }); }
      catch (error) { postMessage({ error: String(error.message) }); }
    };`;

  // How many workers the slices of a batch can be shared among, on the cores of this machine.
  const usual = () => [4, 2, 1].find((size) => size <= (navigator.hardwareConcurrency || 1));

  // Workers that share the sequences of each step.
  class Team {
    constructor(labels, n, length, size = usual()) {
      this.address = URL.createObjectURL(new Blob([PROGRAM], { type: "text/javascript" }));
      const kernels = Uint8Array.from(atob(lstmMd.kernels), (character) => character.charCodeAt(0));
      if (!globalThis.WebAssembly?.validate(kernels)) {
        throw new Error("This browser lacks the vectors of WebAssembly. Use a newer browser.");
      }
      this.workers = Array.from({ length: size }, () => new Worker(this.address));
      this.ready = this.all(() => ({ act: "begin", kernels, labels, n, length }));
    }

    ask(worker, message) {
      return new Promise((done, failed) => {
        worker.onmessage = ({ data }) => ("error" in data ? failed(new Error(data.error)) : done(data.value));
        worker.onerror = (event) => failed(new Error(event.message || "a worker could not start"));
        worker.postMessage(message);
      });
    }

    // The same act by every worker, each with its own message; a message of null is left out.
    all(message) {
      const asked = this.workers.map((worker, k) => [worker, message(k)]);
      return Promise.all(asked.filter(([, each]) => each).map(([worker, each]) => this.ask(worker, each)));
    }

    // The loss of some sequences, summed, and with a scale the gradients of scale × that sum.
    async sum(weights, starts, warmUp, scale = 0) {
      const share = SLICE * Math.ceil(starts.length / this.workers.length / SLICE);
      const results = await this.all((k) => {
        const own = starts.slice(k * share, (k + 1) * share);
        return own.length ? { act: "sum", weights, starts: own, warmUp, scale } : null;
      });
      const [{ gradients }, ...others] = results;
      if (gradients) {
        others.forEach((other) => other.gradients.forEach((value, k) => (gradients[k] += value)));
      }
      return { loss: results.reduce((sum, { loss }) => sum + loss, 0), gradients };
    }

    end() {
      this.workers.forEach((worker) => worker.terminate());
      URL.revokeObjectURL(this.address);
    }
  }

  // A door that can be shut: what has to wait for it goes on when it opens again.
  class Door {
    constructor() {
      this.open();
    }

    open() {
      this.isOpen = true;
      this.let?.();
      this.passed = Promise.resolve();
    }

    shut() {
      if (!this.isOpen) return;
      this.isOpen = false;
      this.passed = new Promise((done) => (this.let = done));
    }
  }

  Object.assign(lstmMd, { Team, Door });
})();
