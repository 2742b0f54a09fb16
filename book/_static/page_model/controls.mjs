// The controls of the network in the page: real buttons, selects and inputs, each with its label.
"use strict";
(() => {
  const NETWORKS = {
    linear: "three states in a row",
    triangular: "three states in a triangle",
    four_state: "four states",
  };
  const LONGEST = 2_000; // labels of a prompt that is typed
  const element = (...given) => lstmMd.element(...given);

  // In words, labels a second, labels a row of the picture.
  const SPEEDS = [
    ["20 a second", 20, 1],
    ["500 a second", 500, 5],
    ["5,000 a second", 5_000, 50],
    ["as fast as it can", Infinity, 500],
  ];
  // Where a reader wants no motion: in words, labels at a press of the button, labels a row.
  const AMOUNTS = [
    ["1,000", 1_000, 10],
    ["10,000", 10_000, 50],
    ["100,000", 100_000, 500],
  ];
  lstmMd.paces = (quiet) =>
    quiet
      ? { title: "Labels at a time", choices: AMOUNTS, first: 1 }
      : { title: "Speed", choices: SPEEDS, first: 2 };

  lstmMd.whole = (number) => Math.round(number).toLocaleString("en");

  // entries: pairs of words and value.
  lstmMd.options = (select, entries, chosen) => {
    select.replaceChildren(...entries.map(([words, value]) => element("option", { value }, words)));
    select.value = chosen;
  };

  lstmMd.controls = (network) => {
    const its = {
      play: element("button", { type: "button" }, "Play"),
      reset: element("button", { type: "button" }, "Reset"),
      network: element("select"),
      prompt: element("select"),
      typed: element("input", { size: 12, maxlength: LONGEST, autocomplete: "off" }),
      temperature: element("input", { type: "range", min: 0, max: 2, step: 0.1, value: 1 }),
      degree: element("output", {}, "1.0"),
      pace: element("span"),
      speed: element("select"),
      commit: element("select", { "aria-label": "Least stay" }), // stands in the table
      canvas: element("canvas", { role: "img" }),
      table: element("div"),
      written: element("p", { class: "written" }),
      summary: element("p", { role: "status", "aria-live": "polite" }),
      source: element("p"),
    };
    const names = Object.entries(NETWORKS).map(([key, words]) => [words, key]);
    lstmMd.options(its.network, names, network);
    its.typing = element("label", { hidden: "" }, "Labels to begin with", its.typed);
    its.form = element(
      "form",
      { "aria-label": "A network that writes in this page" },
      its.play,
      its.reset,
      element("label", {}, "Potential", its.network),
      element("label", {}, "Prompt", its.prompt),
      its.typing,
      element("label", {}, "Temperature", slider(its.temperature, its.degree)),
      element("label", {}, its.pace, its.speed),
    );
    its.form.onsubmit = () => false; // Enter in the prompt sends nothing
    its.views = element("div", { class: "views" }, its.canvas, its.table);
    return its;
  };

  function slider(input, output) {
    input.addEventListener("input", () => (output.value = Number(input.value).toFixed(1)));
    return element("span", { class: "slider" }, input, output);
  }

  // What a reader may begin with; an empty value is what is typed.
  lstmMd.prompts = (page) => [
    [`${lstmMd.whole(lstmMd.labelsOf(page.prompt, page.states).length)} simulated`, page.prompt],
    ...[...page.states].map((state) => [`100 times ${state}`, `${state}100`]),
    ["what you type", ""],
  ];

  // What is to be seen, and where it comes from.
  lstmMd.about = (page) => {
    const key = (name) => element("span", { class: `key ${name}`, "aria-hidden": "true" });
    return [
      key("here"),
      " written here. ",
      key("band"),
      ` the simulation that the network learned from, ${lstmMd.whole(page.frames)} labels, with `,
      "two standard errors to each side. ",
      key("markov"),
      " a first-order Markov chain of the same labels. From left to right: nothing, the ",
      "simulation's value, twice that or more. The network is the first of its record, not the ",
      `best: ${page.source}. It learned temperature 1; any other is play.`,
    ];
  };
})();
