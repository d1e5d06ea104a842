/* Lists to choose from: search in place (data-filter-list="<list id>"), tick all that can be ticked (data-select-all). */
import { all, on } from "./dom.js";

const isShown = (box) => !box.closest("[hidden]");
const boxesOf = (id) => all("input[type=checkbox]:not(:disabled)", document.getElementById(id));

const count = () => all("[data-select-all]").forEach((master) => {
  const list = master.dataset.selectAll;
  const boxes = boxesOf(list);
  const ticked = boxes.filter((box) => box.checked).length;
  const shown = boxes.filter(isShown);
  master.checked = shown.length > 0 && shown.every((box) => box.checked);
  master.indeterminate = !master.checked && ticked > 0;
  all(`[data-selected-count="${list}"]`).forEach((place) => { place.textContent = `${ticked} / ${boxes.length}`; });
});

const filter = (input) => {
  const list = input.dataset.filterList;
  const wanted = input.value.trim().toLocaleLowerCase();
  const items = [...document.getElementById(list).children];
  items.forEach((item) => {
    item.hidden = !(item.dataset.filterText || item.textContent).toLocaleLowerCase().includes(wanted);
  });
  all(`[data-filter-empty="${list}"]`).forEach((note) => { note.hidden = items.some((item) => !item.hidden); });
  count();
};

const tickAll = (master) => boxesOf(master.dataset.selectAll).filter(isShown).forEach((box) => {
  box.checked = master.checked;
});

on("input", ({ target }) => { if (target.matches("[data-filter-list]")) filter(target); });
on("change", ({ target }) => {
  if (target.matches("[data-select-all]")) tickAll(target);
  if (target.matches("input[type=checkbox]")) count();
});
on("htmx:afterSettle", count);
count();
