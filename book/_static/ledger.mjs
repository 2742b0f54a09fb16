// The ledger's filter: by figure, by verdict and by system. Without a script, all entries are shown.
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
