// Sorting and filtering of long tables. Everything is readable without it: it only adds buttons.
(() => {
  const words = document.currentScript.dataset;
  const value = (row, place) => {
    const cell = row.children[place];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };
  const compare = (a, b) => {
    // What is withheld has no number and stays last, whichever way the others go.
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return typeof a === "number" ? a - b : a.localeCompare(b, document.documentElement.lang);
  };
  const sortBy = (table, place, down) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].filter(row => !row.classList.contains("total"));
    const totals = [...body.rows].filter(row => row.classList.contains("total"));
    rows.sort((one, other) => {
      const [a, b] = [value(one, place), value(other, place)];
      return typeof a === typeof b && down ? -compare(a, b) : compare(a, b);
    });
    body.append(...rows, ...totals);
    [...table.tHead.rows[0].cells].forEach((head, each) => {
      if (each === place) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  document.querySelectorAll("table[data-sort]").forEach(table => {
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () =>
        sortBy(table, place, head.getAttribute("aria-sort") === "ascending"));
    });
  });
  document.querySelectorAll("table[data-filter]").forEach(table => {
    const label = document.createElement("label");
    label.className = "filter";
    const field = document.createElement("input");
    field.type = "search";
    label.append(words.filter + " ", field);
    const found = document.createElement("output");
    label.append(" ", found);
    table.closest(".scroll").before(label);
    field.addEventListener("input", () => {
      const wanted = field.value.toLowerCase();
      let shown = 0;
      [...table.tBodies[0].rows].forEach(row => {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        shown += row.hidden ? 0 : 1;
      });
      found.textContent = wanted ? words.found.replace("%", shown) : "";
    });
  });
})();
