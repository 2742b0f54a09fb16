// The controls of the network in the page: real buttons, selects and inputs, each with its label.
"use strict";
(() => {
  const NETWORKS = {
    triangular: "three states in a triangle",
    linear: "three states in a row",
    four_state: "four states",
  };
  const LONGEST = 20_000; // letters that can be pasted
  const element = (...given) => lstmMd.element(...given);

  // In words, letters per second, letters in a row of the picture.
  const SPEEDS = [
    ["5 per second", 5, 1],
    ["50 per second", 50, 1],
    ["500 per second", 500, 5],
    ["5,000 per second", 5_000, 50],
    ["as fast as it can", Infinity, 500],
  ];
  // Where a reader wants no motion: in words, letters for each press of the button, letters in a row.
  const AMOUNTS = [
    ["1", 1, 1],
    ["1,000", 1_000, 10],
    ["10,000", 10_000, 50],
    ["100,000", 100_000, 500],
  ];
  lstmMd.paces = (quiet) =>
    quiet
      ? { title: "Letters at a time", choices: AMOUNTS, first: 2 }
      : { title: "Speed", choices: SPEEDS, first: 3 };

  // Without "full", a page shows the network alone: no second temperature, no table, no chart.
  lstmMd.controls = (network, full) => {
    const its = {
      play: element("button", { type: "button" }, "Play"),
      reset: element("button", { type: "button" }, "Start again"),
      second: element("button", { type: "button", "aria-pressed": "false" }, "Compare two temperatures"),
      network: element("select"),
      prompt: element("select"),
      typed: element("textarea", {
        rows: 2, maxlength: LONGEST, autocomplete: "off", spellcheck: "false", autocapitalize: "characters",
      }), // prettier-ignore
      read: element("button", { type: "button" }, "Read these letters"),
      wrong: element("p", { class: "wrong", role: "alert" }),
      pace: element("span"),
      speed: element("select"),
      runs: element("div", { class: "runs" }),
      written: element("p", { class: "written" }),
      summary: element("p", { class: "summary", role: "status", "aria-live": "polite" }),
      source: element("p", { class: "source" }),
    };
    lstmMd.choices(its.network, network);
    its.typing = element(
      "div",
      { class: "typing", hidden: "" },
      element("label", {}, "Your letters", its.typed),
      its.read,
      its.wrong,
    );
    its.form = element(
      "form",
      { "aria-label": "A network that generates letters in this page" },
      its.play,
      its.reset,
      element("label", {}, "Potential", its.network),
      element("label", {}, "Begin with", its.prompt),
      element("label", {}, its.pace, its.speed),
      ...(full ? [its.second] : []),
      its.typing,
    );
    its.form.onsubmit = () => false;
    return its;
  };

  // The networks that there are: those of the book, and those that were trained in the page.
  lstmMd.choices = (select, chosen) => {
    const trained = Object.values(lstmMd.networks).filter(({ trained }) => trained);
    const names = Object.entries(NETWORKS).map(([key, words]) => [words, key]);
    lstmMd.options(select, [...names, ...trained.map(({ title, name }) => [title, name])], chosen);
  };

  // What a reader may begin with; an empty value stands for the reader's own letters.
  lstmMd.prompts = (page) => [
    [`${lstmMd.whole(lstmMd.labelsOf(page.prompt, page.states).length)} letters of the data`, page.prompt],
    ...[...page.states].slice(0, 6).map((state) => [`100 times ${state}`, `${state}100`]),
    ["your own letters", ""],
  ];

  // What can be seen, and where it comes from.
  lstmMd.about = (page, full) => {
    const to = full ? [] : [
      " Set a second temperature, paste your own letters or train a network in ",
      element("a", { href: "laboratory.html" }, "the laboratory"), ".",
    ]; // prettier-ignore
    const trained = page.trained
      ? "You trained this network in the page."
      : `This network is the first of its record, and not the best: ${page.source}.`;
    return [`${trained} It learned at temperature 1. At 0 it always takes the most likely letter.`, ...to];
  };
})();
