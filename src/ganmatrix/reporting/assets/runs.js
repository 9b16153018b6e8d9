// The panel behind a number: its seeds, how it was measured, and the runs that it comes from.

const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });

const element = (tag, ...content) => {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
};

const shown = (value, percent) => (percent ? `${numbers.format(100 * value)}%` : numbers.format(value));

/** The single seeds as a table of its own. */
const seedTable = (title, column, runs) => {
  const headings = ["Seed", "Value", "Run"].map((name) => element("th", name));
  headings.forEach((heading) => (heading.scope = "col"));
  headings[1].dataset.fields = "value spread";
  headings[1].dataset.key = title;
  const rows = runs.map(({ run, seed, value = null, spread, reason }) => {
    const number = element("td", value === null ? (reason ?? "no value") : shown(value, column.percent));
    if (value !== null) number.dataset.value = value;
    if (spread !== undefined) {
      number.dataset.spread = spread;
      number.append(element("small", `± ${shown(spread, column.percent)} of evaluation`));
    }
    const head = element("th", String(seed));
    head.scope = "row";
    const name = element("td", run);
    number.dataset.column = "Value";
    name.dataset.column = "Run";
    return element("tr", head, number, name);
  });
  const table = element(
    "table",
    element("caption", `Single seeds: ${title}`),
    element("thead", element("tr", ...headings)),
    element("tbody", ...rows),
  );
  enhance(table);
  return table;
};

const protocolOf = (protocol) => {
  const fields = Object.entries(protocol).flatMap(([name, value]) => [
    element("dt", name.replaceAll("_", " ")),
    element("dd", typeof value === "string" ? value : JSON.stringify(value)),
  ]);
  return fields.length ? element("dl", ...fields) : element("p", "No run on this dataset was measured.");
};

/** What the page says of a run further below, with its pictures. */
const factsOf = (run) => {
  const facts = document.getElementById(run).cloneNode(true);
  facts.removeAttribute("id");
  facts.dataset.run = run;
  const pictures = [...document.querySelectorAll(`img[data-run="${run}"]`)].map((image) =>
    image.closest("figure").cloneNode(true),
  );
  const sheets = element("div", ...pictures);
  sheets.className = "sheets";
  facts.append(sheets);
  return facts;
};

const about = ({ columns, datasets }, { dataset, cell }, key) => {
  const column = columns[key];
  const { protocols, cells } = datasets[dataset];
  const runs = cells[cell].map(({ run, seed, values }) => ({ run, seed, ...values[key] }));
  const measured = element("details", element("summary", "How it was measured"), protocolOf(protocols[key] ?? {}));
  measured.open = true;
  return [element("p", column.explanation), seedTable(column.title, column, runs), measured];
};

const fill = (panel, data, link) => {
  const entry = link.closest("td");
  const { dataset, architecture, method, cell } = entry.parentNode.dataset;
  const { key } = entry.dataset;
  const said = [...entry.querySelectorAll("a, small")].map(words).join(", ");
  const title = element("h2", data.columns[key]?.title ?? "Training runs");
  title.id = "panel-title";
  const close = button("Close", "close");
  close.addEventListener("click", () => panel.close());
  const facts = data.datasets[dataset].cells[cell].map((found) => factsOf(found.run));
  facts[0].open = true;
  panel.replaceChildren(
    element("header", title, close),
    element("p", element("b", `${method}, ${dataset} x ${architecture}: `), said),
    ...(key in data.columns ? about(data, entry.parentNode.dataset, key) : []),
    element("h3", "The runs"),
    ...facts,
  );
};

const measured = document.querySelector("#measured");

if (measured) {
  const data = JSON.parse(measured.textContent);
  const panel = element("dialog");
  panel.setAttribute("aria-labelledby", "panel-title");
  panel.addEventListener("click", ({ target }) => target === panel && panel.close());
  document.body.append(panel);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".matrix td a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fill(panel, data, link);
    panel.showModal();
    panel.scrollTop = 0;
  });
}
