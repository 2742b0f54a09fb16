// Functions that tools/pdf.py calls in the document.
const late = (ms) => new Promise((go) => setTimeout(go, ms));
const where = (node) => node.closest("section[class^=page-]")?.id ?? "cover";
const leadsTo = (link) => decodeURIComponent(link.getAttribute("href").slice(1));

async function ready() {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  const complaints = [];
  for (const image of document.images) {
    await image.decode().catch(() =>
      complaints.push(`${where(image)}: the picture ${image.getAttribute("src")} cannot be shown`));
  }
  for (const canvas of document.querySelectorAll("canvas")) await still(canvas);
  for (const block of document.querySelectorAll(".highlight pre")) fit(block);
  for (const block of document.querySelectorAll("p, pre")) keep(block);
  for (const node of document.querySelectorAll("mjx-merror"))
    complaints.push(`${where(node)}: an equation cannot be set: ${node.textContent}`);
  for (const node of document.querySelectorAll(".math"))
    if (!node.querySelector("mjx-container"))
      complaints.push(`${where(node)}: an equation was not set: ${node.textContent}`);
  return complaints;
}

// Print a block of code in smaller letters if that avoids broken lines.
function fit(block) {
  const { fontSize, paddingLeft, paddingRight } = getComputedStyle(block);
  const room = block.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  const text = document.createRange();
  text.selectNodeContents(block);
  block.style.setProperty("white-space", "pre", "important");
  const share = room / text.getBoundingClientRect().width;
  block.style.removeProperty("white-space");
  if (share < 1 && share > 0.68) block.style.fontSize = `${0.99 * share * parseFloat(fontSize)}px`;
}

// Keep short blocks on one page: Chromium would leave a single line on the next.
function keep(block) {
  const { lineHeight, orphans, widows } = getComputedStyle(block);
  const lines = block.clientHeight / parseFloat(lineHeight);
  if (lines < Number(orphans) + Number(widows))
    block.style.setProperty("break-inside", "avoid", "important");
}

// Wait until a script has drawn its picture, and remove the hint about rotating it.
async function still(canvas) {
  for (let k = 0; k < 50 && canvas.width === 300; k++) await late(100);
  for (const hint of canvas.parentNode.querySelectorAll("p")) hint.remove();
}

// List what is wider than the paper or cut off, and links that lead nowhere.
function wrong() {
  const width = document.documentElement.clientWidth;
  const wide = [];
  for (const node of document.querySelectorAll("main :not(mjx-container *)")) {
    const box = node.getBoundingClientRect();
    // A box of one pixel hides words that are meant for screen readers.
    const cut = node.clientWidth > 1 && node.scrollWidth > node.clientWidth + 1
      && getComputedStyle(node).overflowX !== "visible";
    const off = box.width && (box.right > width + 1 || box.left < -1);
    if ((cut || off) && !wide.some((one) => one.contains(node))) wide.push(node);
  }
  const lost = [...document.querySelectorAll('a[href^="#"]')]
    .filter((link) => !document.getElementById(leadsTo(link)));
  return [
    ...wide.map((node) => `${where(node)}: wider than the paper: ${node.textContent.trim().slice(0, 80)}`),
    ...lost.map((link) => `${where(link)}: a link leads nowhere: #${leadsTo(link)}`),
  ];
}

function number(pages) {
  for (const link of document.querySelectorAll("a.page-of"))
    link.textContent = pages[leadsTo(link)] ?? "000";
}
