// How the network in the page looks: colours are those of the theme, light or dark.
"use strict";
lstmMd.style = `
.page-model form { display: flex; flex-wrap: wrap; gap: 0.6rem 0.9rem; align-items: end; }
.page-model .views { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 0.9rem; }
.page-model .views > canvas { flex: 2 1 15rem; min-width: 0; }
.page-model .views > div { flex: 3 1 20rem; min-width: 0; }
.page-model label { display: grid; gap: 0.15rem; margin: 0; font-size: 0.85rem; }
.page-model [hidden] { display: none; }
.page-model button, .page-model select, .page-model input, .page-model output {
  font: inherit; font-size: 0.95rem; color: inherit; min-height: 2.1rem; max-width: 100%; }
.page-model button, .page-model select, .page-model input {
  background: var(--pst-color-surface, transparent); border: 1px solid; border-radius: 4px;
  border-color: var(--pst-color-text-muted, currentColor); padding: 0.1rem 0.5rem; }
.page-model button { min-width: 5rem; cursor: pointer; }
.page-model button[aria-disabled=true] { opacity: 0.6; cursor: progress; }
.page-model .slider { display: flex; gap: 0.4rem; align-items: center; min-height: 2.1rem; }
.page-model input[type=range] { width: 7rem; min-height: 1.5rem; padding: 0;
  accent-color: #d55e00; }
.page-model .slider output { min-width: 1.7rem; min-height: 0; font-variant-numeric: tabular-nums; }
.page-model :is(button, select, input):focus-visible {
  outline: 3px solid var(--pst-color-primary, currentColor); outline-offset: 2px; }
.page-model canvas { height: 22rem; transition: color 1ms; }
.page-model p { margin: 0.6rem 0 0; font-size: 0.9rem; line-height: 1.45; }
.page-model .written { font-variant-numeric: tabular-nums; }

.bd-article .page-model table, .page-model table { display: table; width: 100%; max-width: none;
  margin: 0; border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
.page-model table :is(th, td) { border: 0; padding: 0.1rem 0 0.1rem 0.5rem; background: none;
  text-align: right; font-weight: 400; white-space: nowrap; }
.page-model table th:first-child { padding-left: 0; text-align: left; }
.page-model table tr { background: none; }
.page-model table [scope=rowgroup] { padding-top: 0.5rem; font-weight: 600; white-space: normal; }
.page-model table label { display: inline; font-size: inherit; }
.page-model table select { min-height: 1.7rem; padding: 0; font-size: inherit; }
.page-model table :is([scope=row], [scope=col]) { width: 1px; }
.page-model table [scope=col] { vertical-align: bottom; line-height: 1.2; }
.page-model table [scope=col]:last-child { white-space: normal; }
@media (max-width: 480px) { .page-model table tr > :nth-child(5) { display: none; } }

.page-model .gauge { display: block; position: relative; min-width: 3.5rem; margin-left: 0.4rem;
  height: 1rem;
  background: linear-gradient(currentColor, currentColor) center / 1px 100% no-repeat; }
.page-model .gauge i { position: absolute; }
.page-model .band { top: 0; bottom: 0; background: currentColor; opacity: 0.22; }
.page-model .error { top: calc(50% - 1px); height: 2px; background: #d55e00; }
.page-model .here { top: calc(50% - 5px); width: 10px; height: 10px; margin-left: -5px;
  border-radius: 50%; background: #d55e00; }
.page-model .markov { top: calc(50% - 4px); width: 8px; height: 8px; margin-left: -4px;
  border: 2px solid #0072b2; transform: rotate(45deg); }
.page-model .key { display: inline-block; position: relative; top: 0; margin: 0;
  vertical-align: -1px; }
.page-model .key.band { width: 16px; height: 12px; }
html[data-theme=dark] .page-model .markov { border-color: #56b4e9; }
`;
