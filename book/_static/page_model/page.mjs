// Networks that run in the page. Into each
//
//     <div class="page-model" data-network="triangular"> … </div>
//
// go controls, a picture of what is generated, and the simulation's numbers beside it (show.mjs);
// data-size="small" leaves the numbers out. Into <div class="page-training"> … </div> goes what trains
// a network (train.mjs). This script is the only one that a page names; it loads the others when a
// reader comes near. All of them are plain scripts, and nothing is fetched: a page that is opened as a
// file may load neither modules nor data. None is called .js since Jupyter Book puts each *.js below
// _static into the head of every page.
"use strict";
globalThis.lstmMd ??= { networks: {}, letters: {} };

(() => {
  const HERE = document.currentScript.src;
  const DRAWING = ["network", "chart", "table", "numbers", "picture", "run", "controls", "style"];
  const TRAINING = ["engine", "kernels", "team", "training", "data", "source"];
  const KINDS = {
    "page-model": ["show", DRAWING],
    "page-training": ["train", [...DRAWING, ...TRAINING]],
  };

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
      script.async = false; // they run in the order in which they are asked for
      script.onload = done;
      script.onerror = () => failed(new Error(`${name}.mjs could not be loaded`));
      document.head.append(script);
    }));

  async function begin(root, name, parts) {
    await Promise.all([...parts, name].map(lstmMd.load));
    if (!document.head.querySelector(".page-model-style")) {
      document.head.append(lstmMd.element("style", { class: "page-model-style" }, lstmMd.style));
    }
    lstmMd[name](root);
  }

  Object.entries(KINDS).forEach(([kind, [name, parts]]) =>
    document.querySelectorAll(`.${kind}`).forEach((root) => {
      const whenNear = ([{ isIntersecting }]) => {
        if (!isIntersecting) return;
        near.disconnect();
        begin(root, name, parts);
      };
      const near = new IntersectionObserver(whenNear, { rootMargin: "600px" });
      near.observe(root);
    }),
  );
})();
