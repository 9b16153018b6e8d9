"""The style sheet of every report."""

CSS = """\
:root { --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --tint: #f6f8fa; --link: #0b5394; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
header { border-bottom: 1px solid var(--line); background: var(--tint); }
nav, main { max-width: 78rem; margin: 0 auto; padding: 0.7rem 1.25rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
a { color: var(--link); }
main { padding-bottom: 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1.6rem 0 0.6rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 0.6rem; padding-top: 0.9rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.6rem 0 0.4rem; }
h4 { font-size: 0.95rem; margin: 1.1rem 0 0.3rem; color: var(--soft); }
p, ul { max-width: 46rem; margin: 0.5rem 0; }
ul { padding-left: 1.2rem; }
li { margin: 0.25rem 0; }
code { font-size: 0.92em; background: var(--tint); padding: 0 0.2em; border-radius: 3px; }
.note, small, figcaption { color: var(--soft); }
.lead { font-size: 1.25rem; font-weight: 600; }
.overview { border-left: 4px solid var(--link); background: var(--tint); padding: 0.4rem 1.1rem;
  margin: 1rem 0; }
table { border-collapse: collapse; margin: 0.9rem 0; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0.2rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1rem 0.4rem 0;
  border-bottom: 1px solid var(--line); }
thead th { border-bottom: 2px solid var(--soft); }
tbody th { font-weight: 500; }
td small, th small { display: block; font-weight: 400; }
.verdict { white-space: nowrap; padding: 0.05rem 0.5rem; border-radius: 1rem;
  border: 1px solid currentColor; }
.reproduced { color: #00664a; }
.contradicted { color: #a33f00; }
.inconclusive, .not-tested { color: var(--soft); }
th:has(.verdict) { min-width: 11rem; }
.tables { display: grid; gap: 0 2.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); }
.tables > * { min-width: 0; }
.tables table { width: 100%; }
.figures { display: grid; gap: 0.6rem 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0; break-inside: avoid; }
.plot { max-width: 30rem; }
.plot img { width: 100%; height: auto; display: block; }
figcaption { font-size: 0.82rem; margin-bottom: 0.5rem; }
.sheets { display: grid; gap: 0.8rem 1.2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 17.5rem), 1fr)); }
.sheet { max-width: 22rem; }
.sheet img { width: 100%; height: auto; display: block; border: 1px solid var(--line); }
.footnoted .note { font-size: 0.82rem; margin-top: -0.5rem; }
td details summary { font-weight: 400; }
td details ul { padding-left: 1rem; font-size: 0.85rem; }
summary { cursor: pointer; font-weight: 600; padding: 0.3rem 0; }
details td { overflow-wrap: anywhere; min-width: 12rem; }
@media (max-width: 44rem) {
  thead { display: none; }
  table, caption, tbody, tr, th, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
  th, td { border: 0; padding: 0.15rem 0; }
  tbody th { font-weight: 600; }
  td { display: grid; grid-template-columns: minmax(6.5rem, 30%) 1fr; gap: 0.6rem; min-width: 0 !important; }
  td::before { content: attr(data-column); color: var(--soft); overflow-wrap: anywhere; }
  td > div { min-width: 0; overflow-wrap: anywhere; }
}
@media print {
  header { display: none; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  table, tr { break-inside: avoid; }
}
"""
