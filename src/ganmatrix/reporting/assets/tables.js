// Every table: saved as CSV as it is shown. Those of class "sortable": sorted by a click on a header.

/** The text of a node, its parts set apart by blanks, whether or not it is laid out. */
const words = (node) =>
  node.nodeType === Node.TEXT_NODE
    ? node.data.trim().replace(/\s+/g, " ")
    : [...node.childNodes].map(words).filter(Boolean).join(" ");

/** A header's numbers: the data attributes that its cells carry, of which the first one sorts. */
const fieldsOf = (heading) => heading.dataset.fields?.split(" ");

const button = (label, kind) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.append(label);
  return made;
};

/** RFC 4180: lines end in CRLF, and what holds a comma, a quote or a line's end is quoted. */
const toCsv = (lines) =>
  lines
    .map((line) => line.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)))
    .map((line) => `${line.join(",")}\r\n`)
    .join("");

/** The rows and columns that are shown. A number gives its mean, its interval and its counts, unrounded. */
const linesOf = (table) => {
  const headings = [...table.tHead.rows[0].cells];
  const shown = headings.filter((heading) => !heading.hidden);
  const header = shown.flatMap(
    (heading) => fieldsOf(heading)?.map((field) => `${heading.dataset.key} ${field}`) ?? [heading.dataset.name],
  );
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const line = (row) =>
    shown.flatMap((heading) => {
      const cell = row.cells[headings.indexOf(heading)];
      return fieldsOf(heading)?.map((field) => cell.dataset[field] ?? "") ?? [words(cell)];
    });
  return [header, ...rows.map(line)];
};

const save = (name, content) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

const collator = new Intl.Collator("en", { numeric: true });

/** Sort by a column; what has no value stays last. Equal rows keep the order of the page. */
const sortBy = (table, heading, direction) => {
  const index = heading.cellIndex;
  const field = fieldsOf(heading)?.[0];
  const sign = direction === "descending" ? -1 : 1;
  const compare = (one, other) => {
    if (direction === "none") return 0;
    const [a, b] = [one, other].map((row) => row.cells[index]);
    if (!field) return sign * collator.compare(words(a), words(b));
    const [x, y] = [a, b].map((cell) => cell.dataset[field] ?? "");
    if (!x || !y) return !x - !y;
    return sign * (Number(x) - Number(y));
  };
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  if (direction !== "none") heading.setAttribute("aria-sort", direction);
  const rows = [...table.tBodies[0].rows].sort((a, b) => a.dataset.place - b.dataset.place);
  table.tBodies[0].append(...rows.sort(compare));
};

/** The best first, then the worst, then as on the page. */
const nextDirection = (heading) => {
  const turns = ["ascending", "descending"];
  if (heading.dataset.better === "higher") turns.reverse();
  return [...turns, "none"][turns.indexOf(heading.getAttribute("aria-sort")) + 1];
};

const makeSortable = (table) => {
  [...table.tBodies[0].rows].forEach((row, place) => (row.dataset.place = place));
  for (const heading of table.tHead.rows[0].cells) {
    const sorter = button("", "sort");
    sorter.append(...heading.childNodes);
    sorter.addEventListener("click", () => sortBy(table, heading, nextDirection(heading)));
    heading.append(sorter);
  }
};

const enhance = (table) => {
  const title = words(table.caption);
  for (const heading of table.tHead.rows[0].cells) heading.dataset.name ??= words(heading);
  const download = button("CSV", "csv");
  download.setAttribute("aria-label", `Download “${title}” as CSV`);
  download.addEventListener("click", () =>
    save(`${title.toLowerCase().replace(/[^a-z0-9]+/g, "_").slice(0, 60)}.csv`, toCsv(linesOf(table))),
  );
  table.ariaLabel = title;
  table.caption.append(" ", download);
  if (table.classList.contains("sortable")) makeSortable(table);
};

document.querySelectorAll("main table").forEach(enhance);
