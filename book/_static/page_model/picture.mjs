// Draws letters above the free energy along x: the newest letter lies in its well, those before it
// rise above it, a row for each letter or for several.
"use strict";
lstmMd.picture = (canvas, page, number = 0) => {
  const pen = canvas.getContext("2d");
  const LSTM = ["#d55e00", "#cc79a7"][number]; // as in the figures
  const [LEFT, RIGHT, TOP, BOTTOM] = [34, 8, 22, 36]; // px around the picture
  const [VALLEY, HIGHEST, RADIUS] = [96, 5, 7]; // px of the free energy, kT drawn, px of a ball
  const [from, to] = page.grid;

  function energyAt(x) {
    const place = ((x - from) / (to - from)) * (page.freeEnergy.length - 1);
    const k = Math.min(page.freeEnergy.length - 2, Math.max(0, Math.floor(place)));
    return page.freeEnergy[k] + (place - k) * (page.freeEnergy[k + 1] - page.freeEnergy[k]);
  }

  function write(words, x, y, align = "center", style = "12px") {
    pen.font = `${style} ${getComputedStyle(canvas).fontFamily}`;
    [pen.textAlign, pen.textBaseline] = [align, "middle"];
    pen.fillText(words, x, y);
  }

  const across = (x) => LEFT + ((x - from) / (to - from)) * (canvas.clientWidth - LEFT - RIGHT);

  // Where things are on a canvas of this size.
  function layout() {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const floor = height - BOTTOM;
    const places = page.centres.map(across);
    const sorted = [...places].sort((one, other) => one - other);
    const gaps = sorted.slice(1).map((place, k) => place - sorted[k]);
    return {
      width,
      height,
      floor,
      places,
      ridge: floor - VALLEY,
      up: (kT) => floor - (kT / HIGHEST) * VALLEY,
      column: Math.max(2, Math.min(36, 0.6 * Math.min(...gaps))),
    };
  }

  function valley({ width, floor, ridge, column, up, places }) {
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, ridge, width - LEFT - RIGHT, floor + 4 - ridge);
    pen.clip(); // the walls go on above
    pen.beginPath();
    for (let k = 0; k <= 200; k++) {
      const x = from + (k / 200) * (to - from);
      pen.lineTo(across(x), up(energyAt(x)));
    }
    [pen.lineWidth, pen.globalAlpha] = [1.5, 0.8];
    pen.stroke();
    pen.lineTo(width - RIGHT, floor + 4);
    pen.lineTo(LEFT, floor + 4);
    pen.globalAlpha = 0.13;
    pen.fill();
    pen.restore();
    lstmMd.ticks(from, to, 6).forEach((x) => {
      write(String(x).replace("-", "−"), across(x), floor + 14);
    });
    write("x", across((from + to) / 2), floor + 28, "center", "italic 12px");
    [0, 2, 4].forEach((kT) => write(kT, LEFT - 8, up(kT), "right"));
    write("kT", LEFT - 6, up(HIGHEST) - 2, "right");
    page.centres.forEach((x, k) => {
      if (column > 8) write(page.states[k], places[k], up(energyAt(x)) - 3 * RADIUS - 2, "center", "600 13px");
    });
  }

  // A letter among many must be seen: a rare step of the network is as real as a stay.
  const strength = (times, of) => 0.25 + (0.75 * times) / of;

  function rows(text, lettersARow, { ridge, places, column }) {
    const letters = lettersARow === 1;
    const tall = letters ? 13 : 1;
    const room = Math.floor((ridge - TOP) / tall);
    const lastRow = text.frames % lettersARow || lettersARow; // it may not be full yet
    for (let row = 0, back = 0, frames = lastRow; row < room && back < text.frames; row++) {
      const y = ridge - (row + 1) * tall;
      text.recent(back, frames).forEach((times, label) => {
        if (!times) return;
        pen.globalAlpha = strength(times, frames);
        if (letters) write(page.states[label], places[label], y + tall / 2, "center", "600 13px");
        else pen.fillRect(places[label] - column / 2, y, column, tall);
      });
      [back, frames] = [back + frames, lettersARow];
    }
    return room * lettersARow;
  }

  function balls(text, lettersARow, { places, up }) {
    const few = Math.min(text.frames, 2 * lettersARow - 1);
    text.recent(0, few).forEach((times, label) => {
      if (!times) return;
      pen.globalAlpha = strength(times, few);
      pen.beginPath();
      const y = up(energyAt(page.centres[label])) - RADIUS;
      pen.arc(places[label], y, RADIUS, 0, 2 * Math.PI);
      pen.fill();
    });
    pen.globalAlpha = 1;
  }

  const draw = (text, lettersARow) => {
    const where = layout();
    const sharp = devicePixelRatio;
    [canvas.width, canvas.height] = [where.width * sharp, where.height * sharp].map(Math.round);
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.fillStyle = pen.strokeStyle = getComputedStyle(canvas).color;
    pen.globalAlpha = 0.25;
    where.places.forEach((x) => pen.fillRect(x - 0.5, TOP, 1, where.ridge - TOP));
    pen.globalAlpha = 1;
    valley(where);
    if (!text || !text.frames) return;
    pen.fillStyle = LSTM;
    const shown = rows(text, lettersARow, where);
    balls(text, lettersARow, where);
    pen.fillStyle = pen.strokeStyle;
    write(`↑ ${shown.toLocaleString("en")} letters ago`, LEFT, TOP / 2, "left");
  };
  return { draw, across };
};
