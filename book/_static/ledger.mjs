// The ledger's filter: by figure, by verdict and by system; and buttons that sort its overview.
// Without a script, all entries are shown, in the order of the paper.
(() => {
  const place = document.querySelector(".ledger-filter");
  const entries = [...document.querySelectorAll(".verdict.entry")];
  if (!place || !entries.length) return;
  const kinds = { figure: "Figure of the paper", verdict: "Answer", system: "System" };
  const valuesOf = (entry, kind) => entry.dataset[kind].split("|");
  // A section of its own surrounds each entry; its heading must go with it.
  const around = (entry) => entry.closest("section") ?? entry;
  // The row of the overview that leads to an entry.
  const rowOf = (entry) => {
    const id = around(entry).querySelector("a[id], span[id]")?.id;
    return id ? document.querySelector(`td a[href="#${id}"]`)?.closest("tr") : null;
  };

  const form = document.createElement("form");
  form.setAttribute("aria-label", "Filter the claims");
  for (const [kind, text] of Object.entries(kinds)) {
    const label = document.createElement("label");
    const select = document.createElement("select");
    select.name = kind;
    const values = new Set(entries.flatMap((entry) => valuesOf(entry, kind)));
    select.add(new Option("all", ""));
    for (const value of values) select.add(new Option(value));
    label.append(text, select);
    form.append(label);
  }
  const reset = document.createElement("button");
  reset.type = "reset";
  reset.textContent = "Show all";
  const count = document.createElement("output");
  form.append(reset, count);
  place.append(form);

  const show = () => {
    const wanted = [...new FormData(form)].filter(([, value]) => value);
    let shown = 0;
    for (const entry of entries) {
      const fits = wanted.every(([kind, value]) => valuesOf(entry, kind).includes(value));
      shown += fits;
      around(entry).hidden = !fits;
      const row = rowOf(entry);
      if (row) row.hidden = !fits;
    }
    count.textContent = `${shown} of ${entries.length} claims are shown.`;
  };
  form.addEventListener("change", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  show();

  // Each button in the head of the overview sorts its rows: up, down, and as they were.
  const ANSWERS = "✓?✕◐–…"; // in the order in which the page explains them
  const collator = new Intl.Collator("en", { numeric: true });
  const byWords = (text) => text.trim();
  const byAnswers = (text) => [...text].filter((sign) => ANSWERS.includes(sign))
    .map((sign) => "abcdef"[ANSWERS.indexOf(sign)]).join("");
  const columns = [byWords, byAnswers, byAnswers, byWords]; // claim, two settings, chapter
  const next = { none: "ascending", ascending: "descending", descending: "none" };

  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells].slice(0, columns.length);
    const rows = [...table.tBodies[0].rows];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.replaceChildren(button);
      head.setAttribute("aria-sort", "none");
      const keyOf = (row) => (row.cells[column] ? columns[column](row.cells[column].textContent) : "");
      button.addEventListener("click", () => {
        const order = next[head.getAttribute("aria-sort")];
        for (const each of heads) each.setAttribute("aria-sort", each === head ? order : "none");
        const sign = { none: 0, ascending: 1, descending: -1 }[order];
        const sorted = rows.map((row) => [keyOf(row), row]).sort(([one], [other]) =>
          one && other ? sign * collator.compare(one, other) : sign && !one - !other);
        table.tBodies[0].append(...sorted.map(([, row]) => row)); // a cell without an answer is last
      });
    });
  };
  const overview = rowOf(entries[0])?.closest("table");
  if (overview) sortable(overview);

  // A link to a claim opens its entry, even if the filter had hidden it.
  const open = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const entry = target && (target.closest("section")?.querySelector(".verdict.entry") ?? null);
    if (!entry || target.closest("section") !== entry.closest("section")) return;
    if (around(entry).hidden) {
      form.reset();
      show();
    }
    const details = entry.querySelector("details");
    if (details) details.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();
})();
