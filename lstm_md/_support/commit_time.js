// Lets a reader choose the commit time of a strip of labels. `root` holds the finished picture of
// one commit time (lstm_md/_support/stay_strip.py), in which this script changes what depends on it.
// `strip.stays` are [label, length] in order; `strip` and `chart` have sizes in units of the drawing.
function chooseCommitTime(root, { names, first, longest, strip, chart }) {
  const its = (choice) => root.querySelector(choice);

  // [from, to, frame] of each transition: from one stay that counts to the next, if its label differs.
  function transitions(time) {
    const found = [];
    let [before, frame] = [null, 0];
    for (const [label, length] of strip.stays) {
      if (length >= time) {
        if (before !== null && before !== label) found.push([before, label, frame]);
        before = label;
      }
      frame += length;
    }
    return found;
  }
  root.transitionCounts = (time) => {
    const counts = names.map(() => names.map(() => 0));
    transitions(time).forEach(([from, to]) => counts[from][to]++);
    return counts;
  };

  // A triangle above the row, and an arrow from the lane that is left to the one that is reached.
  function mark([from, to, frame]) {
    const x = strip.left + (frame % strip.frames) * strip.step;
    const top = Math.floor(frame / strip.frames) * strip.row + strip.top;
    const [start, end] = [from, to].map((label) => top + (names.length - label - 0.5) * strip.lane);
    const back = end > start ? -5 : 5;
    return `M${x - 4},${top - 8}h8l-4,6zM${x},${start}V${end}M${x - 3},${end + back}L${x},${end}l3,${back}`;
  }

  const totals = Array.from({ length: longest }, (_, k) => transitions(k + 1).length);
  const across = (time) => chart.left + (chart.width * Math.log(time)) / Math.log(longest);
  const up = (count) => chart.floor - (chart.height * count) / chart.highest;
  const some = (count, one, several) => `${count} ${count === 1 ? one : several}`;

  function show(time) {
    const found = transitions(time);
    const skipped = strip.stays.filter(([, length]) => length < time).length;
    its(".stays").querySelectorAll("rect").forEach((stay) => {
      stay.classList.toggle("short", strip.stays[stay.dataset.stay][1] < time);
    });
    its(".marks").setAttribute("d", found.map(mark).join(""));
    const line = totals.slice(0, time).map((count, k) => `${across(k + 1)},${up(count)}`);
    its(".so-far").setAttribute("points", line.join(" "));
    its(".dot").setAttribute("cx", across(time));
    its(".dot").setAttribute("cy", up(found.length));
    its(".said").textContent =
      `At a commit time of ${some(time, "frame", "frames")}: ` +
      `${some(found.length, "transition", "transitions")}; ` +
      `${some(skipped, "short stay is skipped", "short stays are skipped")}.`;
    const counts = root.transitionCounts(time);
    const pairs = counts.flatMap((row, i) => row.map((count, j) => [count, `${names[i]} → ${names[j]}`]));
    its(".pairs").textContent = pairs
      .filter(([count]) => count)
      .map(([count, pair]) => `${pair}: ${count}`)
      .join(", ");
    slider.setAttribute("aria-valuetext", some(time, "frame", "frames"));
    its("label b").textContent = some(time, "frame", "frames");
  }

  const slider = its("input");
  slider.oninput = () => show(Number(slider.value));
  slider.onkeydown = (event) => event.stopPropagation(); // otherwise a key could turn the page
  slider.value = first; // a browser may keep the value from before
  its("label").hidden = false;
  show(first);
}
