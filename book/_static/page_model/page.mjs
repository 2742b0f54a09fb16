// A trained network that writes in the page. Into each
//
//     <div class="page-model" data-network="linear"> … </div>
//
// go controls, a picture of the text, and a table beside the simulation's numbers (show.mjs). This
// script is the only one that a page names; it loads the others when a reader comes near. All of
// them are plain scripts, and nothing is fetched: a page that is opened as a file may load neither
// modules nor data. None is called .js since Jupyter Book puts each *.js below _static into the
// head of every page.
"use strict";
globalThis.lstmMd ??= { networks: {} };

(() => {
  const HERE = document.currentScript.src;
  const PARTS = ["network", "picture", "table", "controls", "show", "style"];

  lstmMd.element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.append(...children);
    return made;
  };

  // A script beside this one, once.
  const loading = {};
  lstmMd.load = (name) =>
    (loading[name] ??= new Promise((done, failed) => {
      const script = lstmMd.element("script", { src: new URL(`${name}.mjs`, HERE) });
      script.onload = done;
      script.onerror = () => failed(new Error(`${name}.mjs could not be loaded`));
      document.head.append(script);
    }));

  async function begin(root) {
    await Promise.all(PARTS.map(lstmMd.load));
    if (!document.head.querySelector(".page-model-style")) {
      document.head.append(lstmMd.element("style", { class: "page-model-style" }, lstmMd.style));
    }
    lstmMd.show(root);
  }

  document.querySelectorAll(".page-model").forEach((root) => {
    const whenNear = ([{ isIntersecting }]) => {
      if (!isIntersecting) return;
      near.disconnect();
      begin(root);
    };
    const near = new IntersectionObserver(whenNear, { rootMargin: "600px" });
    near.observe(root);
  });
})();
