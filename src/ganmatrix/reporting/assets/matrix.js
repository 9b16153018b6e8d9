// The matrix: which rows and which columns are shown.

const controls = document.querySelector("#controls");

/** The values that are ticked of a name. */
const ticked = (name) => {
  const boxes = controls.querySelectorAll(`input[name="${name}"]:checked`);
  return new Set([...boxes].map((box) => box.value));
};

const showRows = (matrices) => {
  const axes = ["dataset", "architecture", "method"].map((axis) => [axis, ticked(axis)]);
  const sought = controls.elements.sought.value.toLowerCase().split(/\s+/);
  const wanted = ({ dataset }) =>
    axes.every(([axis, values]) => values.has(dataset[axis])) &&
    sought.every((word) => dataset.text.includes(word));
  const rows = matrices.flatMap((table) => [...table.tBodies[0].rows]);
  for (const row of rows) row.hidden = !wanted(row);
  for (const table of matrices)
    table.closest("section").hidden = [...table.tBodies[0].rows].every((row) => row.hidden);
  const count = rows.filter((row) => !row.hidden).length;
  controls.querySelector("output").textContent = `${count} of ${rows.length} rows shown`;
};

const showColumns = (matrices) => {
  const columns = ticked("column");
  const choices = new Set([...controls.querySelectorAll('[name="column"]')].map((box) => box.value));
  for (const table of matrices)
    for (const heading of table.tHead.rows[0].cells) {
      if (!choices.has(heading.dataset.key)) continue;
      const hidden = !columns.has(heading.dataset.key);
      if (heading.hidden === hidden) continue;
      for (const row of table.rows) row.cells[heading.cellIndex].hidden = hidden;
    }
  for (const section of controls.querySelectorAll(".columns details")) {
    const [all, ...single] = section.querySelectorAll("input");
    const count = single.filter((box) => box.checked).length;
    all.checked = count === single.length;
    all.indeterminate = 0 < count && count < single.length;
  }
};

if (controls) {
  const matrices = [...document.querySelectorAll("table.matrix")];
  const update = () => {
    showRows(matrices);
    showColumns(matrices);
  };
  controls.hidden = false;
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", () => setTimeout(update));
  controls.addEventListener("input", ({ target }) => {
    if (target.name === "all")
      for (const box of target.closest("details").querySelectorAll('[name="column"]')) box.checked = target.checked;
    update();
  });
  update();
}
