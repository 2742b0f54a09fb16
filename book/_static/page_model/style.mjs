// How the networks in the page look: colours are those of the theme, light or dark. The colours of
// the simulation, of what is generated and of the Markov chain are those of the book's figures.
"use strict";
lstmMd.style = `
:is(.page-model, .page-training) { --here: #d55e00; --second: #b0568a; --markov: #0072b2; }
html[data-theme=dark] :is(.page-model, .page-training) {
  --here: #e8731a; --second: #cc79a7; --markov: #56b4e9; }
:is(.page-model, .page-training) { margin-bottom: 1.6rem; }
:is(.page-model, .page-training) form { display: flex; flex-wrap: wrap; gap: 0.6rem 0.9rem;
  align-items: end; }
:is(.page-model, .page-training) .choices { display: flex; flex-wrap: wrap; gap: 0.4rem 0.9rem;
  align-items: end; }
:is(.page-model, .page-training) label { display: grid; gap: 0.15rem; margin: 0; font-size: 0.85rem;
  min-width: 0; }
:is(.page-model, .page-training) [hidden] { display: none !important; }
:is(.page-model, .page-training) :is(button, select, input, textarea, output) {
  font: inherit; font-size: 0.95rem; color: inherit; min-height: 2.1rem; max-width: 100%; }
:is(.page-model, .page-training) :is(button, select, input, textarea) {
  background: var(--pst-color-surface, transparent); border: 1px solid; border-radius: 4px;
  border-color: var(--pst-color-text-muted, currentColor); padding: 0.1rem 0.5rem; }
:is(.page-model, .page-training) select option { background: var(--pst-color-background, Canvas); }
:is(.page-model, .page-training) button { min-width: 5rem; cursor: pointer; }
:is(.page-model, .page-training) button.go { font-weight: 600; }
:is(.page-model, .page-training) button[aria-pressed=true] { border-width: 2px; font-weight: 600; }
:is(.page-model, .page-training) button[aria-disabled=true] { opacity: 0.6; cursor: default; }
:is(.page-model, .page-training) :is(button, select, input, textarea, .table):focus-visible {
  outline: 3px solid var(--pst-color-primary, currentColor); outline-offset: 2px; }
:is(.page-model, .page-training) .slider { display: flex; gap: 0.4rem; align-items: center;
  min-height: 2.1rem; }
:is(.page-model, .page-training) input[type=range] { width: 8rem; min-width: 0; min-height: 1.5rem; padding: 0;
  accent-color: var(--here); }
:is(.page-model, .page-training) .second input[type=range] { accent-color: var(--second); }
:is(.page-model, .page-training) .slider output { min-width: 1.7rem; min-height: 0; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
:is(.page-model, .page-training) p { margin: 0.6rem 0 0; font-size: 0.9rem; line-height: 1.45; }
:is(.page-model, .page-training) .written { font-variant-numeric: tabular-nums; }
:is(.page-model, .page-training) .wrong { margin: 0.3rem 0 0; font-weight: 600; }
:is(.page-model, .page-training) .wrong:not(:empty)::before { content: "⚠ "; }

.page-model .typing { flex: 1 1 100%; display: grid; gap: 0.4rem; justify-items: start; }
.page-model .typing label { width: 100%; }
.page-model textarea { width: 100%; font-family: var(--pst-font-family-monospace, monospace); }
.page-model .runs { display: flex; flex-wrap: wrap; gap: 1rem 1.2rem; margin-top: 0.9rem; }
.page-model .run { flex: 1 1 10rem; min-width: 0; }
.page-model .run.wide { flex-basis: 15rem; }
.page-model .run canvas { display: block; width: 100%; height: 19rem; margin-top: 0.3rem;
  cursor: pointer; transition: color 1ms; }
.page-model[data-size=small] .run canvas { height: 16rem; }
.page-model .run .title { margin: 0.4rem 0 0.2rem; }
.page-model .wells { position: relative; margin: 0 8px 0 34px; }
.page-model .wells.few { height: 5.6rem; }
.page-model .wells button { position: absolute; bottom: 0; transform: translateX(-50%);
  max-width: 4rem !important; min-width: 0; height: 5.5rem; padding: 0.15rem 0; display: flex;
  flex-direction: column; justify-content: flex-end; align-items: center; gap: 0.1rem;
  line-height: 1.15; }
.page-model .wells b { font-size: 0.75rem; font-weight: 400; font-variant-numeric: tabular-nums; }
.page-model .bar { flex: 1; display: flex; align-items: flex-end; width: 60%; min-height: 0; }
.page-model .bar i { display: block; width: 100%; min-height: 2px; background: var(--here); }
.page-model .second .bar i { background: var(--second); }
.page-model .wells:not(.few) { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 2px; }
.page-model .many { flex: 1 1 0; height: 5rem; display: flex; flex-direction: column;
  align-items: center; font-size: 0.7rem; min-width: 0; }
.page-model .many .bar { width: 90%; }
.page-model .strip { display: flex; justify-content: flex-end; overflow: hidden; white-space: nowrap;
  font-family: var(--pst-font-family-monospace, monospace); font-size: 0.85rem; min-height: 1.4rem;
  border-right: 2px solid var(--here); padding-right: 4px; }
.page-model .second .strip { border-color: var(--second); }

:is(.page-model, .page-training) .numbers { display: flex; flex-wrap: wrap; gap: 1rem 1.2rem;
  margin-top: 0.9rem; }
:is(.page-model, .page-training) .numbers > div { flex: 1 1 19rem; min-width: 0; }
:is(.page-model, .page-training) .numbers .table { max-height: 27rem; overflow: auto; }
.bd-article :is(.page-model, .page-training) table, :is(.page-model, .page-training) table {
  display: table; width: 100%; max-width: none; margin: 0; border-collapse: collapse;
  font-size: 0.85rem; font-variant-numeric: tabular-nums; overflow: visible; }
:is(.page-model, .page-training) table :is(thead, tbody, tr, th, td) { border: 0 !important; }
:is(.page-model, .page-training) table :is(th, td) { padding: 0.1rem 0 0.1rem 0.5rem;
  background: none; text-align: right; font-weight: 400; white-space: nowrap; }
:is(.page-model, .page-training) table th:first-child { padding-left: 0; text-align: left; }
:is(.page-model, .page-training) table tr { background: none; }
:is(.page-model, .page-training) table [scope=rowgroup] { padding-top: 0.5rem; font-weight: 600;
  white-space: normal; }
:is(.page-model, .page-training) table :is([scope=row], [scope=col]) { width: 1px; }
:is(.page-model, .page-training) table [scope=col] { vertical-align: bottom; line-height: 1.2; }
:is(.page-model, .page-training) table [scope=col]:is(:last-child, :nth-child(3)) { white-space: normal; }
@media (max-width: 480px) {
  :is(.page-model, .page-training) table tr > td:nth-child(2) { display: none; }
  .bd-article :is(.page-model, .page-training) table { font-size: 0.8rem; }
  :is(.page-model, .page-training) table :is(th, td) { padding-left: 0.25rem; }
}

:is(.page-model, .page-training) .gauge { display: block; position: relative; min-width: 3rem;
  margin-left: 0.2rem; height: 1rem;
  background: linear-gradient(currentColor, currentColor) center / 1px 100% no-repeat; }
:is(.page-model, .page-training) .gauge i { position: absolute; }
:is(.page-model, .page-training) .gauge .band { top: 0; bottom: 0; background: currentColor;
  opacity: 0.22; }
:is(.page-model, .page-training) .error { top: calc(50% - 1px); height: 2px; background: var(--here); }
:is(.page-model, .page-training) :is(.gauge, .key) :is(.here, .second) { top: calc(50% - 5px);
  width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; background: var(--here); }
:is(.page-model, .page-training) .gauge .second { background: var(--second); }
:is(.page-model, .page-training) .gauge .markov { top: calc(50% - 4px); width: 8px; height: 8px;
  margin-left: -4px; border: 2px solid var(--markov); transform: rotate(45deg); }

:is(.page-model, .page-training) .chart { display: block; width: 100%; overflow: visible; }
:is(.page-model, .page-training) .chart text { fill: currentColor; font-size: 12px; }
:is(.page-model, .page-training) .chart path { fill: none; }
:is(.page-model, .page-training) .chart .axis { stroke: currentColor; opacity: 0.6; }
:is(.page-model, .page-training) .chart .line { stroke-width: 1.8; }
:is(.page-model, .page-training) .chart .thin { stroke-width: 1; }
:is(.page-model, .page-training) .chart :is(.simulation, .training) { stroke: currentColor; }
:is(.page-model, .page-training) .chart .here { stroke: var(--here); fill: var(--here); }
:is(.page-model, .page-training) .chart .second { stroke: var(--second); fill: var(--second); }
:is(.page-model, .page-training) .chart path:is(.here, .second) { fill: none; }
:is(.page-model, .page-training) .chart .markov { stroke: var(--markov); stroke-dasharray: 6 4; }
:is(.page-model, .page-training) .chart .band { fill: currentColor; stroke: none; opacity: 0.2; }
:is(.page-model, .page-training) .chart .bar { fill: currentColor; stroke: none; opacity: 0.35; }
:is(.page-model, .page-training) .chart .mark { stroke: var(--pst-color-text-base, currentColor);
  stroke-dasharray: 2 3; opacity: 0.8; }
:is(.page-model, .page-training) .chart .mark.state { stroke: var(--here); stroke-dasharray: none;
  opacity: 1; }
:is(.page-model, .page-training) .legend { margin-top: 0.2rem; font-size: 0.85rem; }
:is(.page-model, .page-training) .key { display: inline-block; width: 18px; height: 0;
  border-top: 3px solid; vertical-align: 4px; }
:is(.page-model, .page-training) .key.here { border-color: var(--here); }
:is(.page-model, .page-training) .key.second { border-color: var(--second); }
:is(.page-model, .page-training) .key.markov { border-color: var(--markov); border-top-style: dashed; }
:is(.page-model, .page-training) .key.band { border-top: 12px solid; opacity: 0.35; vertical-align: -1px; }
:is(.page-model, .page-training) .entry { display: inline-block; margin-right: 0.9rem; }

.page-training .source { flex: 1 1 100%; display: grid; gap: 0.5rem; }
.page-training .source > label { justify-self: start; }
.page-training .own { display: grid; gap: 0.7rem; }
.page-training .drop { padding: 0.9rem; border: 2px dashed var(--pst-color-text-muted, currentColor);
  border-radius: 6px; font-size: 0.95rem; }
.page-training .drop.over { border-color: var(--here); }
.page-training .found { margin: 0; }
.page-training progress { width: 100%; height: 0.8rem; margin-top: 0.9rem; accent-color: var(--here); }
.page-training .results { margin-top: 0.6rem; }
.page-training .results .chart { max-width: 36rem; }
:is(.page-model, .page-training) .unseen { position: absolute; width: 1px; height: 1px; margin: -1px;
  overflow: hidden; clip-path: inset(50%); }
.page-training .numbers ~ button { margin-top: 0.8rem; }
@media (prefers-reduced-motion: no-preference) {
  .page-model .bar i { transition: height 80ms; }
}
@media print {
  :is(.page-model, .page-training) :is(form, .choices, .wells, .strip, .title, progress,
    .run > label) {
    display: none !important; }
  :is(.page-model, .page-training) { --here: #d55e00; --second: #b0568a; --markov: #0072b2; }
}
`;
