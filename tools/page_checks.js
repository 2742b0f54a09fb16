// Checks each page for tools/page_checks.py, which defines `settings` before this script.
const later = (ms) => new Promise((go) => setTimeout(go, ms));
const event = (one, name) => new Promise((go) => one.addEventListener(name, go, { once: true }));

async function inFrame(name, look) {
  const frame = document.createElement("iframe");
  frame.style = `width: ${settings.desk}px; height: ${settings.screen}px; border: 0`;
  const loaded = event(frame, "load");
  frame.src = name;
  document.body.append(frame);
  await loaded;
  try {
    return await look(frame, frame.contentWindow, frame.contentDocument);
  } finally {
    frame.remove();
  }
}

// The network in a page starts when it becomes visible, which never happens without drawing.
async function withNetwork(inside, page) {
  const script = page.querySelector('script[src*="page_model/page.mjs"]');
  if (!script) return;
  inside.IntersectionObserver = class {
    constructor(call) { this.call = call; }
    observe() { setTimeout(() => this.call([{ isIntersecting: true }])); }
    disconnect() {}
  };
  const again = page.createElement("script");
  again.src = script.src;
  page.head.append(again);
  const panels = [...page.querySelectorAll(".page-model, .page-training")];
  const empty = () => panels.some((panel) => !panel.querySelector("form"));
  for (let k = 0; k < 50 && empty(); k++) await later(100);
}

// The largest number of tables that a screen shows, from wherever a table ends.
function tablesOnAScreen(page, screen) {
  const places = [...page.querySelectorAll("article table")]
    .filter((table) => !table.closest("details:not([open])"))
    .map((table) => table.getBoundingClientRect())
    .filter((place) => place.height > 0);
  const shown = (top) => places.filter((one) => one.bottom > top && one.top < top + screen).length;
  return Math.max(0, ...places.map((place) => shown(place.bottom - 1)));
}

// In code, one word of each colour is enough for axe, and most words of a chapter are code.
function oneOfEachColour(page) {
  const seen = new Set();
  for (const word of page.querySelectorAll("pre span[class]")) {
    const key = `${word.closest("div[class]").className} ${word.className}`;
    if (word.childElementCount || !word.textContent.trim()) continue;
    if (seen.has(key)) word.replaceWith(word.textContent);
    seen.add(key);
  }
}

async function found(frame, inside, page) {
  if (inside.MathJax?.startup) await Promise.race([inside.MathJax.startup.promise, later(9000)]);
  const height = page.scrollingElement.scrollHeight; // on a desk, with what is folded
  const bar = page.querySelector(".paper-bar")?.getBoundingClientRect().bottom;
  const tables = tablesOnAScreen(page, settings.screen);
  await withNetwork(inside, page);
  // MyST-NB fades in what is unfolded. Half faded in, its letters have too little contrast.
  const still = page.createElement("style");
  still.textContent = "* { animation: none !important }";
  page.head.append(still);
  // Open folded text, too: an older axe takes it for the background of the text below.
  for (const folded of page.querySelectorAll("details")) folded.open = true;
  if (settings.axe) {
    oneOfEachColour(page);
    const script = page.createElement("script");
    const loaded = event(script, "load");
    script.src = settings.axe;
    page.head.append(script);
    await loaded;
  }
  const violations = async (where, runOnly, rules = {}) => {
    await later(3000); // the theme makes scrolling areas focusable some time after a change of width
    if (!settings.axe) return [];
    const options = { runOnly, rules, resultTypes: ["violations"], preload: false };
    const result = await inside.axe.run(page, options);
    return result.violations.map(({ id, nodes }) =>
      `${where}: ${id}: ${nodes.length} times, first ${nodes[0].target.join(" ")}`);
  };
  const theme = (name) => (page.documentElement.dataset.theme = name);
  theme("light");
  const all = await violations("desk", settings.rules);
  theme("dark");
  all.push(...await violations("dark", ["color-contrast", "link-in-text-block"]));
  theme("light");
  frame.style.width = `${settings.phone}px`;
  inside.dispatchEvent(new Event("resize")); // without drawing, the browser does not send it
  all.push(...await violations("phone", settings.rules, { "color-contrast": { enabled: false } }));
  return {
    violations: all,
    width: page.scrollingElement.scrollWidth,
    height,
    bar: bar ?? null,
    tables,
    asked: inside.performance.getEntriesByType("resource").map((entry) => new URL(entry.name).host)
      .filter((host) => host),
    networks: page.querySelectorAll(":is(.page-model, .page-training) > form").length,
    unset: [...page.querySelectorAll(".math")].filter((one) => !one.querySelector("mjx-container"))
      .map((one) => one.textContent),
  };
}

(async () => {
  const given = {};
  for (const name of settings.names)
    given[name] = await inFrame(name, found).catch((error) => String(error.stack));
  answer.textContent = JSON.stringify(given);
})();
