// From a file of numbers to letters, and what is measured of letters. The labels are those of
// lstm_md.labels, the counts those of lstm_md.analysis. Nothing in this file needs a page.
"use strict";
(() => {
  const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const FEWEST = 1_000; // numbers
  const MOST = 2_000_000;
  const SEGMENTS = 20;
  const LARGEST_BARRIER = 0.5; // kT between two states, at least
  const whole = (number) => number.toLocaleString("en");

  // A table of numbers in a text; throws an error that says which line is wrong, and how.
  function columnsOf(text) {
    if (text.includes("\0")) {
      throw new Error("This is not a text file. Save the numbers as text, one number in each line.");
    }
    const lines = text
      .replace(/^\uFEFF/, "")
      .split(/\r\n|\n|\r/)
      .map((line, k) => [k + 1, line.replace(/(^|\s)#.*$/, "").trim()])
      .filter(([, line]) => line && !/^[@&]/.test(line));
    if (!lines.length) throw new Error("The file holds no numbers. Give one number in each line.");
    const semicolons = lines[0][1].includes(";");
    const spaces = lines.some(([, line]) => /[^\s,;]\s+[^\s,;]/.test(line));
    const commas = lines.some(([, line]) => line.includes(","));
    const decimal = commas && (semicolons || (spaces && !/,\s/.test(lines.at(-1)[1])));
    if (commas && !decimal && !spaces && lines.every(([, line]) => /^[+-]?\d+,\d+$/.test(line))) {
      throw new Error(
        `Line ${lines[0][0]}: the comma in “${lines[0][1]}” can be a decimal mark, or stand between ` +
          "two columns. Write 0.5 for a half, and put spaces between columns.",
      );
    }
    const between = decimal ? /[\s;]+/ : /[\s,;]+/;
    const cellsOf = (line) => line.replace(/[,;]\s*$/, "").split(between);
    const number = (cell) =>
      /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : NaN;
    const point = (cell) => (decimal ? cell.replace(",", ".") : cell);
    let names = cellsOf(lines[0][1]);
    if (names.some((cell) => Number.isNaN(number(point(cell))))) lines.shift();
    else names = null;
    if (!lines.length) throw new Error("The file holds no numbers. Give one number in each line.");
    const width = cellsOf(lines[0][1]).length;
    if (lines.length < FEWEST || lines.length > MOST) {
      const limits = `${whole(FEWEST)} to ${whole(MOST)}`;
      throw new Error(`The file has ${whole(lines.length)} lines of numbers. Give ${limits} of them.`);
    }
    const columns = Array.from({ length: width }, () => new Float64Array(lines.length));
    lines.forEach(([at, line], k) => {
      const cells = cellsOf(line);
      if (cells.length !== width) {
        const columnsFound = `${cells.length} column${cells.length > 1 ? "s" : ""}`;
        throw new Error(`Line ${at} has ${columnsFound}, but the first line of numbers has ${width}.`);
      }
      cells.forEach((cell, column) => {
        const value = number(point(cell));
        if (!Number.isFinite(value)) {
          throw new Error(`Line ${at}: expected a number, found “${cell.slice(0, 30)}”.`);
        }
        columns[column][k] = value;
      });
    });
    const named = names?.length === width ? names : columns.map((_, k) => `column ${k + 1}`);
    return { names: named, columns };
  }

  // The numbers that a reader typed, such as "-1.5, 0, 1.5".
  function listOf(text, what) {
    const cells = text.replaceAll("−", "-").split(/[\s,;]+/).filter(Boolean);
    const wrong = cells.find((cell) => !Number.isFinite(Number(cell)));
    if (wrong !== undefined) throw new Error(`${what}: expected numbers, found “${wrong}”.`);
    return cells.map(Number);
  }

  // The label of the nearest of some states; the first of two that are equally near.
  function nearestState(values, centres) {
    if (centres.length < 2 || centres.length > NAMES.length) {
      const found = centres.length;
      throw new Error(`States: expected 2 to ${NAMES.length} numbers, found ${found}.`);
    }
    if (new Set(centres).size < centres.length) {
      throw new Error("States: found the same number twice. Give each state once.");
    }
    return Uint8Array.from(values, (value) => {
      let nearest = 0;
      for (let k = 1; k < centres.length; k++) {
        if (Math.abs(value - centres[k]) < Math.abs(value - centres[nearest])) nearest = k;
      }
      return nearest;
    });
  }

  // The bin of each value: bins of equal width, which hold their lower edge, the last one both.
  function equalWidth(values, start, stop, n) {
    if (!Number.isInteger(n) || n < 2 || n > NAMES.length) {
      throw new Error(`Bins: expected a whole number from 2 to ${NAMES.length}, found ${n}.`);
    }
    if (!(start < stop)) {
      throw new Error(`Bins: expected the end above the start, found ${start} to ${stop}.`);
    }
    const outside = values.reduce((sum, value) => sum + (value < start || value > stop), 0);
    if (outside) {
      const share = `${whole(outside)} of ${whole(values.length)} numbers lie`;
      throw new Error(`Bins: ${share} outside ${start} to ${stop}. Give a wider range.`);
    }
    const width = (stop - start) / n;
    const inner = Float64Array.from({ length: n - 1 }, (_, k) => (k + 1) * width + start);
    return Uint8Array.from(values, (value) => {
      let label = 0;
      while (label < n - 1 && value >= inner[label]) label++;
      return label;
    });
  }

  // Numbers that are labels already: 0, 1, 2 and so on.
  function asLabels(values) {
    const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= NAMES.length);
    if (wrong >= 0) {
      const range = `whole numbers from 0 to ${NAMES.length - 1}`;
      throw new Error(`Labels: expected ${range}, found ${values[wrong]} at place ${wrong + 1}.`);
    }
    return Uint8Array.from(values);
  }

  // Refuses labels from which nothing can be learned; returns how many labels there are.
  function checked(labels, n = Math.max(1, labels.reduce((most, label) => Math.max(most, label), 0)) + 1) {
    const times = Array(n).fill(0);
    labels.forEach((label) => times[label]++);
    if (times.filter(Boolean).length < 2) {
      throw new Error("All numbers have the same letter. Choose other states or bins.");
    }
    return { n, times };
  }

  // How often values lie in each of some intervals of equal width.
  function histogram(values, bins) {
    let [low, high] = [Infinity, -Infinity];
    values.forEach((value) => {
      low = Math.min(low, value);
      high = Math.max(high, value);
    });
    const times = new Float64Array(bins);
    const width = (high - low) / bins || 1;
    values.forEach((value) => times[Math.min(bins - 1, Math.floor((value - low) / width))]++);
    return { low, high, width, times };
  }

  // A first suggestion of states: the maxima of the smoothed density that barriers separate.
  function suggestedStates(values) {
    const { low, width, times } = histogram(values, 120);
    const near = (k) => Array.from({ length: 13 }, (_, j) => k + j - 6);
    const smooth = Array.from(times, (_, k) =>
      near(k).reduce((sum, j) => sum + (times[j] ?? 0) * Math.exp(-((j - k) ** 2) / 8), 0),
    );
    const energy = smooth.map((density) => -Math.log(density + 1e-9));
    let wells = energy.flatMap((e, k) =>
      e < (energy[k - 1] ?? Infinity) && e <= (energy[k + 1] ?? Infinity) ? [k] : [],
    );
    // The lowest barrier goes first, and with it the higher of the wells beside it.
    for (;;) {
      const barriers = wells.slice(1).map((well, k) => {
        const top = Math.max(...energy.slice(wells[k], well + 1));
        return top - Math.max(energy[wells[k]], energy[well]);
      });
      const lowest = Math.min(...barriers);
      if (!(lowest < LARGEST_BARRIER) && wells.length <= 6) break;
      const k = barriers.indexOf(lowest);
      wells.splice(energy[wells[k]] > energy[wells[k + 1]] ? k : k + 1, 1);
    }
    const decimals = Math.max(0, 2 - Math.floor(Math.log10(120 * width || 1)));
    return wells.map((k) => Number((low + (k + 0.5) * width).toFixed(Math.min(10, decimals))));
  }

  // Commit times that are about equally far apart on a logarithmic axis: ten for each factor of 10.
  function commitTimesUpTo(longest) {
    const times = [];
    for (let k = 0; Math.round(10 ** (k / 10)) <= longest; k++) times.push(Math.round(10 ** (k / 10)));
    return [...new Set(times)];
  }

  // Probabilities from one label to the next, and the loss of this Markov chain on other labels:
  // no model that sees the current letter only can have a lower one.
  function markovChain(labels, n) {
    const times = Array.from({ length: n }, () => new Float64Array(n));
    for (let k = 1; k < labels.length; k++) times[labels[k - 1]][labels[k]]++;
    const matrix = times.map((row) => {
      const sum = row.reduce((total, count) => total + count, 0);
      return row.map((count) => (sum ? count / sum : 1 / n));
    });
    const loss = (others) => {
      let sum = 0;
      for (let k = 1; k < others.length; k++) {
        sum -= Math.log(0.999999 * matrix[others[k - 1]][others[k]] + 0.000001 / n);
      }
      return sum / (others.length - 1);
    };
    const simulate = (first, frames, random) => {
      const made = new Uint8Array(frames);
      for (let k = 0, label = first; k < frames; made[k++] = label) {
        let left = random();
        const row = matrix[label];
        label = 0;
        while (label < n - 1 && (left -= row[label]) >= 0) label++;
      }
      return made;
    };
    return { matrix, loss, simulate };
  }

  // Populations and transition counts of letters, and of a Markov chain that was fitted to them, in
  // the form in which the files of the shipped networks hold them.
  function measured(labels, n, random = Math.random) {
    const segment = Math.floor(labels.length / SEGMENTS);
    const commitTimes = commitTimesUpTo(Math.min(1_000, Math.max(20, Math.floor(segment / 50))));
    const all = Array.from({ length: n }, (_, k) => k);
    const numbers = (some) => {
      const counts = new lstmMd.Counts(n, commitTimes, segment);
      for (let k = 0; k < segment * Math.floor(some.length / segment); k++) counts.add(some[k]);
      const of = (kind) => ({
        populations: all.map((k) => counts.population(k)[kind]),
        counts: commitTimes.map((_, t) =>
          all.map((i) => all.map((j) => counts.transitions(t, i, j)[kind])),
        ),
      });
      return [of("value"), of("error")];
    };
    const [value, error] = numbers(labels);
    const chain = markovChain(labels, n).simulate(labels[0], 5 * labels.length, random);
    const pair = (name) => ({ value: value[name], error: error[name] });
    return {
      frames: labels.length,
      segment,
      commitTimes,
      populations: pair("populations"),
      counts: pair("counts"),
      markov: numbers(chain)[0],
    };
  }

  Object.assign(lstmMd, {
    NAMES, FEWEST, columnsOf, listOf, nearestState, equalWidth, asLabels, checked, histogram,
    suggestedStates, markovChain, measured,
  }); // prettier-ignore
})();
