// A map of many models. `root` holds a table for each choice (lstm_md/_support/agreement_tables.py);
// this script shows one of them, colours its cells, and reads the model that a reader points at.
// `points` are those of all cells, table by table; `notes` those of the models, as in one table.
function showAgreement(root, { column, unit, points, notes }) {
  const its = (choice) => root.querySelector(choice);
  const all = (choice) => [...root.querySelectorAll(choice)];
  const [tables, ways, cells] = [all("table"), all("input"), all("tbody td:not(:empty)")];
  const [form, counts, said] = [its("form"), its("select"), its(".said")];
  const placeOf = (one) => [one.parentNode.rowIndex, one.cellIndex];
  let at = placeOf(cells[0]);

  const way = () => ways.findIndex((one) => one.checked);
  const ofWay = () => tables.filter((table) => Number(table.dataset.way) === way());
  const shown = () => ofWay()[counts.selectedIndex];
  const cell = ([row, place]) => shown().rows[row]?.cells[place];

  // Ways can have different counts; the reader's choice stays where both have it.
  function offer() {
    const [before, names] = [counts.value, ofWay().map((table) => table.dataset.counts)];
    counts.replaceChildren(...names.map((name) => new Option(name)));
    counts.selectedIndex = Math.max(0, names.indexOf(before));
  }

  function show() {
    for (const table of tables) table.classList.toggle("off", table !== shown());
    for (const one of cells) {
      const chosen = String(placeOf(one)) === String(at);
      one.tabIndex = chosen ? 0 : -1;
      one.classList.toggle("chosen", chosen);
    }
    const k = cells.indexOf(cell(at));
    const [share, mark] = cells[k].textContent.split(" ");
    const [row, head] = [cells[k].parentNode.cells[0], shown().rows[0].cells[at[1]]].map((one) => one.textContent);
    said.textContent = `${row}, ${column} ${head} ${unit}: ${share} % of ${points[k]} ` +
      `${points[k] === 1 ? "point" : "points"} agree. ${mark ? "The criterion is met. " : ""}` +
      notes[k % notes.length];
  }

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  function move(event) {
    event.stopPropagation(); // otherwise a key could turn the page
    const step = STEPS[event.key];
    if (!step || !cells.includes(event.target)) return;
    event.preventDefault();
    let next = at;
    do next = next.map((one, k) => one + step[k]); // over models that were not fitted
    while (cell(next)?.matches(":empty"));
    if (cells.includes(cell(next))) cell(next).focus();
  }

  function point({ target }) {
    if (!cells.includes(target)) return;
    at = placeOf(target);
    show();
  }

  for (const one of cells) one.style.setProperty("--share", parseFloat(one.textContent) / 100);
  for (const table of tables) table.setAttribute("role", "grid");
  ways[0].checked = true; // a browser may keep the choices from before
  form.hidden = false;
  form.oninput = ({ target }) => {
    if (target !== counts) offer();
    show();
  };
  form.onsubmit = (event) => event.preventDefault();
  root.onkeydown = move;
  root.onclick = root.onpointerover = point;
  root.addEventListener("focusin", point);
  offer();
  show();
}
