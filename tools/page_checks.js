// What tools/page_checks.py finds in each page; `told` comes before this.
const later = (ms) => new Promise((go) => setTimeout(go, ms));
const event = (one, name) => new Promise((go) => one.addEventListener(name, go, { once: true }));

async function inFrame(name, look) {
  const frame = document.createElement("iframe");
  frame.style = `width: ${told.desk}px; height: 800px; border: 0`;
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

// The network in the page waits until it is seen, and nothing is seen where no frame is drawn.
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
  for (let k = 0; k < 50 && !page.querySelector(".page-model canvas"); k++) await later(100);
}

async function found(frame, inside, page) {
  if (inside.MathJax?.startup) await Promise.race([inside.MathJax.startup.promise, later(9000)]);
  await withNetwork(inside, page);
  // What is folded away is looked at too; an older axe takes it for the background of what follows.
  for (const folded of page.querySelectorAll("details")) folded.open = true;
  if (told.axe) {
    const script = page.createElement("script");
    const loaded = event(script, "load");
    script.src = told.axe;
    page.head.append(script);
    await loaded;
  }
  const violations = async (where, runOnly, rules = {}) => {
    await later(3000); // the theme makes focusable what scrolls a moment after the width has changed
    if (!told.axe) return [];
    const options = { runOnly, rules, resultTypes: ["violations"], preload: false };
    const result = await inside.axe.run(page, options);
    return result.violations.map(({ id, nodes }) =>
      `${where}: ${id}: ${nodes.length} times, first ${nodes[0].target.join(" ")}`);
  };
  const theme = (name) => (page.documentElement.dataset.theme = name);
  theme("light");
  const all = await violations("desk", told.rules);
  theme("dark");
  all.push(...await violations("dark", ["color-contrast", "link-in-text-block"]));
  theme("light");
  frame.style.width = `${told.phone}px`;
  inside.dispatchEvent(new Event("resize")); // which comes with a frame, and none is drawn here
  all.push(...await violations("phone", told.rules, { "color-contrast": { enabled: false } }));
  return {
    violations: all,
    width: page.scrollingElement.scrollWidth,
    asked: inside.performance.getEntriesByType("resource").map((entry) => new URL(entry.name).host)
      .filter((host) => host),
    networks: page.querySelectorAll(".page-model canvas").length,
    unset: [...page.querySelectorAll(".math")].filter((one) => !one.querySelector("mjx-container"))
      .map((one) => one.textContent),
  };
}

(async () => {
  const given = {};
  for (const name of told.names)
    given[name] = await inFrame(name, found).catch((error) => String(error.stack));
  answer.textContent = JSON.stringify(given);
})();
