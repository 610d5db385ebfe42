/** The report's own style: light and dark, narrow and wide, printed. Colours hold a contrast of 4.5 to 1 in both. */
export const style = `
:root { color-scheme: light dark; --text: #1b1f24; --dim: #57606a; --page: #fff; --card: #f6f8fa; --line: #d0d7de;
  --done: #1a7f37; --failed: #cf222e; --cached: #57606a; --stopped: #9a6700; --waiting: #c9d1d9; --fetching: #0969da; --hashing: #8250df; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9ea7b3; --page: #0d1117; --card: #161b22; --line: #30363d;
  --done: #3fb950; --failed: #ff7b72; --cached: #9ea7b3; --stopped: #d29922; --waiting: #3d444d; --fetching: #58a6ff; --hashing: #bc8cff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .25rem 0; } .dim { color: var(--dim); } .done { color: var(--done); } .failed { color: var(--failed); } .stopped { color: var(--stopped); }
code, pre { font: 13px/1.45 ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .75rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { color: var(--dim); } .number { text-align: right; white-space: nowrap; padding-right: 0; font-variant-numeric: tabular-nums; }
.timeline th { width: 9rem; overflow-wrap: anywhere; } .bar { padding: .45rem .75rem .3rem 0; } .bar svg { display: block; width: 100%; height: 16px; }
rect.done { fill: var(--done); } rect.failed { fill: var(--failed); } rect.stopped { fill: var(--stopped); } rect.cached { fill: var(--cached); }
rect.waiting { fill: var(--waiting); } rect.fetching { fill: var(--fetching); } rect.hashing { fill: var(--hashing); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: .5rem 0; } .legend svg { width: 12px; height: 12px; margin-right: .35rem; vertical-align: -1px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .75rem; }
.facts dt { color: var(--dim); font-size: .85rem; } .facts dd { margin: 0; font-size: 1.2rem; }
figure { margin: 1rem 0; } figure img { max-width: 100%; height: auto; border: 1px solid var(--line); image-rendering: pixelated; }
ul.plain { margin: .25rem 0; padding-left: 1.1rem; } summary { cursor: pointer; } :focus-visible { outline: 2px solid var(--fetching); outline-offset: 2px; }
@media (max-width: 40rem) { body { padding: 1rem; } .timeline th { width: 6rem; } th, td { overflow-wrap: anywhere; } .scroll .number { white-space: normal; } }
@media print { body { max-width: none; padding: 0; } details > * { display: block; } pre { white-space: pre-wrap; } tr { break-inside: avoid; } }
`;
