// A ball-and-stick picture that a reader can turn. `root` holds a canvas, buttons, a span for the
// angles, and a hint. In the scene, each of `frames` is a list of positions in pm. `stops` are the
// frames of the buttons, `halves` are halves of bonds (atom, other atom, colour), and `marks` are
// names of bonds.
function showMolecule(root, scene) {
  const [canvas, readout, hint] = ["canvas", "span", "p"].map((tag) => root.querySelector(tag));
  const [buttons, pen] = [[...root.querySelectorAll("button")], canvas.getContext("2d")];
  let [frame, motion] = [0, 0]; // frame is a fraction while the molecule moves
  let [yaw, pitch, held] = [0.15, 0.2, [0, 0]];
  const mix = (a, b, share) => a.map((value, k) => value + share * (b[k] - value));
  const bright = ([red, green, blue]) => 0.3 * red + 0.6 * green + 0.1 * blue > 128;
  const [BLACK, WHITE, OUTLINE, GREY] = [0, 255, 25, 130].map((value) => [value, value, value]);

  function draw() {
    const [width, height, sharp] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    [canvas.width, canvas.height] = [width, height].map((size) => Math.round(size * sharp));
    pen.setTransform(sharp, 0, 0, sharp, canvas.width / 2, canvas.height / 2);
    [pen.lineJoin, pen.textAlign, pen.textBaseline] = ["round", "center", "middle"];
    const { color, fontFamily } = getComputedStyle(canvas);
    const night = bright(color.match(/[\d.]+/g).map(Number)); // light letters on a dark page
    const page = mix(BLACK, WHITE, night ? 0.13 : 0.94);
    const turned = ([x, y, z]) => { // x to the right, y up, z towards the reader
      const [c, s, t, u] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
      return [x * c + z * s, y * t - (z * c - x * s) * u, y * u + (z * c - x * s) * t];
    };
    const [before, after] = [Math.floor(frame), Math.ceil(frame)].map((k) => scene.frames[k]);
    const points = before.map((point, k) => turned(mix(point, after[k], frame % 1)));
    const flat = ([x, y, z]) => { // the position on the canvas, and pixels per pm there
      const scale = (2 * Math.min(width, 1.2 * height)) / (4 * scene.reach - z);
      return [x * scale, -y * scale, scale];
    };
    const tone = (colour, z) => { // distant parts fade into the page
      const fog = Math.min(0.6, Math.max(0, 0.1 - (0.7 * z) / scene.reach));
      return `rgb(${mix(colour, page, fog).map(Math.round)})`;
    };
    const shaded = (gradient, z, colours) => {
      colours.forEach((colour, k) => gradient.addColorStop(k / 2, tone(colour, z)));
      return gradient;
    };
    const line = (corners, style, thick) => {
      pen.beginPath();
      corners.map(flat).forEach(([x, y]) => pen.lineTo(x, y));
      [pen.strokeStyle, pen.lineWidth] = [style, thick];
      pen.stroke();
    };
    const ball = (at, colour, radius, letter) => {
      const [[x, y, scale], z] = [flat(at), at[2]];
      const r = radius * scale;
      const light = pen.createRadialGradient(x - r / 3, y - r / 3, r / 9, x, y, r);
      pen.fillStyle = shaded(light, z, [mix(colour, WHITE, 0.5), colour, mix(colour, BLACK, 0.3)]);
      [pen.strokeStyle, pen.lineWidth] = [tone(OUTLINE, z), 1.2];
      pen.beginPath();
      pen.arc(x, y, r, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
      [pen.font, pen.fillStyle] = [`600 ${1.1 * r}px ${fontFamily}`, "white"];
      if (radius > 30) pen.fillText(letter, x, y + r / 16);
    };
    const stick = (ends, colour) => {
      const [[a, b, scale], [c, d]] = ends.map(flat);
      const [z, thin] = [ends[1][2], (9 * scale) / (Math.hypot(a - c, b - d) || 1)];
      const [p, q, edge] = [thin * (d - b), thin * (a - c), mix(colour, BLACK, 0.35)];
      const light = pen.createLinearGradient(a - p, b - q, a + p, b + q);
      line(ends, tone(OUTLINE, z), 18 * scale + 2.4);
      line(ends, shaded(light, z, [edge, mix(colour, WHITE, 0.35), edge]), 18 * scale);
    };

    const layers = scene.elements.map((element, k) =>
      [points[k][2], () => ball(points[k], ...scene.balls[element], element)]);
    scene.halves.forEach(([atom, other, colour]) => {
      const ends = [points[atom], mix(points[atom], points[other], 0.5)];
      const depth = Math.min(ends[0][2], (ends[0][2] + ends[1][2]) / 2) - 1; // behind its own atom
      layers.push([depth, () => stick(ends, colour)]);
    });
    if (scene.bonded[Math.round(frame)]) {
      const [from, to] = scene.hydrogenBond.map((atom) => points[atom]);
      const dots = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map((share) => mix(from, to, share));
      dots.forEach((at) => layers.push([at[2], () => ball(at, GREY, 5)]));
    }
    layers.sort(([a], [b]) => a - b).forEach(([, paint]) => paint());
    scene.marks.forEach(({ name, bond }) => { // the name is above its bond
      const [[a, b, scale], [c, d]] = bond.map((atom) => flat(points[atom]));
      const away = (Math.sign(a - c || 1) * 38 * scale) / (Math.hypot(a - c, b - d) || 1);
      const at = [(a + c) / 2 + away * (b - d), (b + d) / 2 - away * (a - c)];
      [pen.font, pen.fillStyle] = [`italic 600 ${48 * scale}px ${fontFamily}`, color];
      [pen.strokeStyle, pen.lineWidth] = [tone(page, 0), 4];
      pen.strokeText(name, ...at);
      pen.fillText(name, ...at);
    });
    readout.textContent = scene.angles[Math.round(frame)];
  }

  function show(stop) {
    const [start, way, begun] = [frame, scene.stops[stop] - frame, performance.now()];
    const lasts = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 2200; // ms
    const step = (now) => {
      const done = Math.min(1, Math.max(0, now - begun) / lasts);
      frame = done < 1 ? start + way * done * done * (3 - 2 * done) : scene.stops[stop];
      draw();
      if (done < 1) motion = requestAnimationFrame(step);
    };
    cancelAnimationFrame(motion);
    motion = requestAnimationFrame(step);
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", k === stop));
    canvas.setAttribute("aria-label", scene.labels[stop]);
  }

  function turn(right, down) {
    [yaw, pitch] = [yaw + right, Math.min(1.5, Math.max(-1.5, pitch + down))];
    draw();
  }

  buttons.forEach((button, k) => button.addEventListener("click", () => show(k)));
  canvas.onpointerdown = canvas.onpointermove = (e) => { // a vertical touch scrolls the page
    const [dx, dy] = [(e.clientX - held[0]) / 90, (e.clientY - held[1]) / 90];
    held = [e.clientX, e.clientY];
    if (e.type === "pointerdown") canvas.setPointerCapture(e.pointerId);
    else if (canvas.hasPointerCapture(e.pointerId)) turn(dx, e.pointerType === "touch" ? 0 : dy);
  };
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.onkeydown = (e) => {
    if (!KEYS[e.key] || e.altKey || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    e.stopPropagation(); // otherwise the book would go to another chapter
    turn(...KEYS[e.key].map((by) => by / 7));
  };
  canvas.ontransitionend = draw; // the page's theme has changed, and its text colour with it
  new ResizeObserver(draw).observe(canvas);
  hint.textContent = "Drag, or use the arrow keys, to turn it.";
}
