/* Three repairs of Sphinx's search, loaded between its script and its index. */
(() => {
  "use strict";

  // "constructor" is a word like others, and not a method that every object inherits.
  const own = Object.create(null, {hasOwnProperty: {value: Object.prototype.hasOwnProperty}});
  const setIndex = Search.setIndex;
  Search.setIndex = (index) => {
    for (const words of [index.terms, index.titleterms]) Object.setPrototypeOf(words, own);
    setIndex(index);
  };

  // An excerpt quotes the article: not the buttons above it, its table of contents or its notes
  // for the pointer.
  const ASIDE = ".bd-header-article, .bd-sidebar-secondary, #jb-print-docs-body, .prev-next-area, " +
    ".footer-article, nav, [role=tooltip], noscript";
  const htmlToText = Search.htmlToText;
  Search.htmlToText = (text, anchor) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    page.querySelectorAll(ASIDE).forEach((each) => each.remove());
    return htmlToText(page.documentElement.outerHTML, anchor).replace(/\s+/g, " ");
  };
})();
