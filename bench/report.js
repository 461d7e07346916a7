"use strict";

// The slider, and whose frame it shows.
{
  const box = document.querySelector(".compare");
  const slider = box.querySelector("input");
  const [left, right] = box.querySelectorAll("img");
  const { uris, views } = JSON.parse(document.getElementById("pictures").textContent);
  const pictures = [left.src, right.src, ...uris];
  const reference = { label: "the reference", frame: 1, difference: null, said: "" };
  const choices = [reference, ...views];
  const form = document.querySelector(".choice");
  const madeBy = document.getElementById("made-by");

  const slide = () => box.style.setProperty("--shown", slider.value + "%");

  const put = (image, number, name, description) => {
    image.src = pictures[number];
    image.alt = description;
    document.getElementById(image.id + "-name").textContent = name;
  };

  const show = () => {
    const view = choices[madeBy.value];
    const [frames, differences] = form.elements.shown;
    differences.disabled = view.difference === null;
    if (differences.disabled) frames.checked = true;
    const enhanced = "The same frame, enhanced by " + view.label;
    if (differences.checked) {
      put(left, view.frame, "enhanced", enhanced);
      put(right, view.difference, "difference × 32", "Difference from the reference times 32. " + view.said);
    } else {
      put(left, 0, "dark", "The dark frame");
      put(right, view.frame, "enhanced", enhanced);
    }
    const legend = differences.checked ? " Black is equal, white is 8 levels or more." : "";
    document.getElementById("said").textContent = view.said + legend;
  };

  choices.forEach((view, number) => madeBy.add(new Option(view.label, number)));
  slider.addEventListener("input", slide);
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = views.length === 0;
  // A reload keeps what was chosen.
  slide();
  show();
}

// The table: headings that sort, rows that open.
{
  const table = document.querySelector("table");
  const headings = [...table.tHead.rows[0].cells];

  const valueOf = (body, column) => {
    const cell = body.rows[0].cells[column];
    if (cell.dataset.value === undefined) return cell.textContent.trim();
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };

  const compare = (one, other) => (typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other);

  const sort = (heading) => {
    const column = headings.indexOf(heading);
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const bodies = [...table.tBodies].map((body) => ({ body, value: valueOf(body, column) }));
    // What has no figure stays below in both directions.
    bodies.sort((a, b) => (a.value === null) - (b.value === null) || (a.value === null ? 0 : sign * compare(a.value, b.value)));
    bodies.forEach(({ body }) => table.append(body));
    headings.forEach((each) => each.removeAttribute("aria-sort"));
    const direction = sign === 1 ? "ascending" : "descending";
    heading.setAttribute("aria-sort", direction);
    document.getElementById("sorted").textContent = "Sorted by " + heading.firstChild.ariaLabel + ", " + direction;
  };

  const open = (button, opened) => {
    button.setAttribute("aria-expanded", opened);
    document.getElementById(button.getAttribute("aria-controls")).hidden = !opened;
  };

  headings.forEach((heading) => heading.firstChild.addEventListener("click", () => sort(heading)));
  for (const button of table.querySelectorAll(".more")) {
    open(button, false);
    button.addEventListener("click", () => open(button, button.getAttribute("aria-expanded") !== "true"));
  }
}
