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

// Of these and in these, each text is looked at: axe asks for more than how it looks.
const ALONE = "input, select, textarea, button, label, fieldset, [disabled], [aria-disabled]";
const CONTROLS = new Set(["input", "select", "textarea"]);
const PICTURES = new Set(["img", "svg", "canvas", "video", "iframe", "object", "embed"]);
// Not drawn, or only in a list that unfolds.
const UNSEEN = new Set(["title", "desc", "script", "style", "option", "mjx-assistive-mml"]);
const SIGNS = { emoji: true, nonBmp: false, punctuations: true }; // axe takes them for no text
const ownWords = (one) => [...one.childNodes]
  .map((node) => node.nodeType === 3 ? node.data.trim() : "").join(" ").trim();
const touch = (a, b) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const covers = (a, b) => a.left <= b.left + 1 && a.right >= b.right - 1
  && a.top <= b.top + 1 && a.bottom >= b.bottom - 1;

const common = (a, b) => ({ left: Math.max(a.left, b.left), top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) });
const ANYWHERE = { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };

function placeOf(one) {
  const { left, top, right, bottom } = one.getBoundingClientRect();
  return { left, top, right, bottom };
}

// Where an element that scrolls has its parts, with those that it shows when it is scrolled.
function scrolledPlaceOf(one) {
  const { left, top, width, height } = one.getBoundingClientRect();
  const [x, y] = [left - one.scrollLeft, top - one.scrollTop];
  return { left: x, top: y, right: x + Math.max(width, one.scrollWidth),
    bottom: y + Math.max(height, one.scrollHeight) };
}

// The texts that are shown, in groups that have the same contrast: the same letters, and the same
// behind them. Where a text is not just on what it stands in, all that it touches counts, too.
function groupsOfTexts(inside, page) {
  const painted = [], texts = [];
  const walk = (one, under, alone, clear, pane) => {
    const style = inside.getComputedStyle(one);
    if (style.display === "none" || UNSEEN.has(one.localName)) return;
    const visible = style.visibility === "visible";
    const own = `${style.backgroundColor} ${style.backgroundImage} ${style.opacity} `
      + `${style.mixBlendMode} ${style.filter}`;
    clear ||= style.opacity === "0";
    const scrolls = style.overflow !== "visible" && style.display !== "inline";
    const place = placeOf(one);
    if (own !== "rgba(0, 0, 0, 0) none 1 normal none" || PICTURES.has(one.localName)) {
      under += `; ${own}`;
      if (one.contains(page.body)) under += " everywhere"; // a browser paints it behind all
      else if (visible && !clear) painted.push({ one, own, place,
        whole: scrolls ? scrolledPlaceOf(one) : place,
        inFlow: /static|relative/.test(style.position) });
    }
    alone ||= one.matches(ALONE);
    const words = inside.axe.commons.text.removeUnicode(ownWords(one), SIGNS).trim();
    if (visible && (words || CONTROLS.has(one.localName)))
      texts.push({ one, alone, place, shown: common(place, pane), look: [under, style.color,
        style.fontSize, style.fontWeight, style.textShadow, style.webkitTextStroke].join(" | ") });
    if (scrolls && !one.contains(page.body)) pane = common(pane, place);
    for (const child of one.children) walk(child, under, alone, clear, pane);
  };
  walk(page.documentElement, "", false, false, ANYWHERE);
  const groups = new Map();
  for (const { one, alone, place, shown, look } of texts) {
    const others = painted.filter((back) => back.one.contains(one) ? !covers(back.whole, place)
      : touch(back.place, shown) && !(back.inFlow && one.contains(back.one)));
    const from = ({ left, top, right, bottom }) =>
      [left - place.left, top - place.top, right - place.left, bottom - place.top].map(Math.round);
    const odd = alone || others.length || place.left === place.right;
    const more = odd && [one.outerHTML, others.map((back) => [back.own, from(back.place)])];
    const key = odd ? `${look} | ${JSON.stringify(more)}` : look;
    if (!groups.has(key)) groups.set(key, []);
    const scrolledAway = shown.left >= shown.right || shown.top >= shown.bottom;
    groups.get(key).push({ one, is: JSON.stringify([key, one.outerHTML, scrolledAway || place]) });
  }
  return groups;
}

// Nothing moves while axe looks, but it asks for the sizes of each element thousands of times.
async function withSizesKept(inside, run) {
  const prototype = inside.Element.prototype;
  const names = ["scrollWidth", "scrollHeight", "clientWidth", "clientHeight"];
  const before = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name));
  names.forEach((name, k) => {
    const kept = new WeakMap();
    Object.defineProperty(prototype, name, { configurable: true, get() {
      if (!kept.has(this)) kept.set(this, before[k].get.call(this));
      return kept.get(this);
    } });
  });
  try {
    return await run();
  } finally {
    names.forEach((name, k) => Object.defineProperty(prototype, name, before[k]));
  }
}

const MARK = '[data-looked-at=""]'; // of the texts whose contrast axe looks at
const enough = new Set(); // groups of texts, of all pages, in which one has enough contrast
const untold = new Set(); // texts at their places of which axe could not tell

async function found(frame, inside, page) {
  if (inside.MathJax?.startup) await Promise.race([inside.MathJax.startup.promise, later(9000)]);
  const height = page.scrollingElement.scrollHeight; // on a desk, with what is folded
  const bar = page.querySelector(".paper-bar")?.getBoundingClientRect().bottom;
  const tables = tablesOnAScreen(page, settings.screen);
  await withNetwork(inside, page);
  // MyST-NB fades in what is unfolded. Half faded in, its letters have too little contrast.
  const still = page.createElement("style");
  still.textContent = "* { animation: none !important; transition: none !important }";
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
    // It measures single letters and signs, too, as if they were words.
    const asUsual = inside.axe._audit.checks["color-contrast"].options;
    inside.axe.configure({
      rules: [{ id: "color-contrast", selector: MARK }],
      checks: [{
        id: "color-contrast", options: { ...asUsual, ignoreUnicode: false, ignoreLength: true },
      }],
    });
  }
  const all = [];
  const look = async (where, context, options) => {
    const result = await withSizesKept(inside, () =>
      inside.axe.run(context, { preload: false, elementRef: true, ...options }));
    all.push(...result.violations.map(({ id, nodes: [{ target, element }, ...others] }) =>
      `${where}: ${id}: ${others.length + 1} times, first ${target.join(" ").replaceAll(MARK, "")} `
      + JSON.stringify(element.textContent.trim().slice(0, 40))));
    return result;
  };
  const withoutContrast = {
    runOnly: settings.rules, rules: { "color-contrast": { enabled: false } },
    resultTypes: ["violations"],
  };
  // Three texts of a group are enough, unless axe cannot tell: then it looks at the others, too.
  const contrast = async (where, rules = []) => {
    const groups = groupsOfTexts(inside, page), faulty = new Set();
    for (const [number, others] of [[3, rules], [Infinity, []]]) {
      const open = [...groups].filter(([key]) => !enough.has(key) && !faulty.has(key));
      const chosen = open.flatMap(([key, group]) =>
        group.filter(({ is }) => !untold.has(is)).slice(0, number).map((text) => [key, text]));
      if (!chosen.length && !others.length) continue;
      for (const [, { one }] of chosen) one.dataset.lookedAt = "";
      const told = await look(where, page, { runOnly: ["color-contrast", ...others] });
      for (const [, { one }] of chosen) delete one.dataset.lookedAt;
      const [good, bad] = [told.passes, told.violations].map((results) =>
        new Set(results.filter(({ id }) => id === "color-contrast")
          .flatMap(({ nodes }) => nodes.map(({ element }) => element))));
      for (const [key, { one, is }] of chosen) {
        if (bad.has(one)) faulty.add(key);
        else if (good.has(one)) enough.add(key);
        else untold.add(is);
      }
    }
  };
  const theme = (name) => (page.documentElement.dataset.theme = name);
  theme("light");
  await later(1000); // the theme makes scrolling areas focusable some time after a change of width
  const shown = (one) => one.checkVisibility();
  const onDesk = new Set([...page.querySelectorAll("body *")].filter(shown));
  if (settings.axe) {
    await look("desk", page, withoutContrast);
    await contrast("desk");
    theme("dark");
    await contrast("dark", ["link-in-text-block"]);
    theme("light");
  }
  frame.style.width = `${settings.phone}px`;
  inside.dispatchEvent(new Event("resize")); // without drawing, the browser does not send it
  await later(1000);
  // What a phone changes is what it shows, and what scrolls there.
  const scrolls = (one) => one.tabIndex < 0
    && (one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
    && /auto|scroll/.test(inside.getComputedStyle(one).overflow);
  const onPhone = [...page.querySelectorAll("body *")]
    .filter((one) => shown(one) && (!onDesk.has(one) || scrolls(one)));
  if (settings.axe && onPhone.length) await look("phone", { include: onPhone }, withoutContrast);
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
