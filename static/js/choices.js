/* Lists to choose from, known by their id: search in place (data-filter-list), tick all that can be ticked and is shown
   (data-select-all), say how many are found and ticked (data-found-count, data-ticked-count) and what the button will do (data-ticked-button).
   Every sentence comes from the page. */
import { all, on } from "./dom.js";

const partsOf = (list, name) => all(`[data-${name}="${CSS.escape(list)}"]`);
const boxesOf = (list) => all("input[type=checkbox]:not(:disabled)", document.getElementById(list));
const isShown = (box) => !box.closest("li").hidden;
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

const tell = (list) => {
  const boxes = boxesOf(list);
  const shown = boxes.filter(isShown);
  const ticked = boxes.filter((box) => box.checked).length;
  const isSearched = partsOf(list, "filter-list").some((input) => input.value.trim());
  const found = all("li:not([hidden])", document.getElementById(list)).length;
  const numbers = { found, ticked, shown: shown.length, total: boxes.length };
  partsOf(list, "select-all").forEach((master) => {
    master.checked = shown.length > 0 && shown.every((box) => box.checked);
    master.indeterminate = !master.checked && shown.some((box) => box.checked);
    master.disabled = !shown.length;
    master.nextElementSibling.textContent = filled(isSearched ? master.dataset.textShown : master.dataset.textAll, numbers);
  });
  partsOf(list, "found-count").forEach((place) => { place.textContent = isSearched ? filled(place.dataset.text, numbers) : ""; });
  partsOf(list, "ticked-count").forEach((place) => { place.textContent = filled(place.dataset.text, numbers); });
  partsOf(list, "ticked-button").forEach((button) => {
    const { textNone, textOne, textMany, room } = button.dataset;
    button.textContent = filled([textNone, textOne][ticked] ?? textMany, numbers);
    button.disabled = !boxes.length || ticked > Number(room);
  });
  partsOf(list, "room-note").forEach((note) => { note.classList.toggle("error", ticked > Number(note.dataset.room)); });
};

const tellAll = () => all("[data-ticked-button]").forEach((button) => tell(button.dataset.tickedButton));

const filter = (input) => {
  const list = input.dataset.filterList;
  const wanted = input.value.trim().toLocaleLowerCase();
  const items = [...document.getElementById(list).children];
  items.forEach((item) => { item.hidden = !item.dataset.filterText.toLocaleLowerCase().includes(wanted); });
  partsOf(list, "filter-empty").forEach((note) => { note.hidden = items.some((item) => !item.hidden); });
  tell(list);
};

on("input", ({ target }) => { if (target.matches("[data-filter-list]")) filter(target); });
on("change", ({ target }) => {
  const list = target.dataset.selectAll;
  if (list) boxesOf(list).filter(isShown).forEach((box) => { box.checked = target.checked; });
  if (target.matches("input[type=checkbox]")) tellAll();
});

/* In a search box Enter sends nothing, and Escape empties it before it closes the dialog around. */
on("keydown", (event) => {
  const input = event.target.closest("[data-filter-list]");
  if (!input || (event.key !== "Enter" && (event.key !== "Escape" || !input.value))) return;
  event.preventDefault();
  if (event.key === "Enter") return;
  input.value = "";
  filter(input);
});

on("htmx:afterSettle", tellAll);
tellAll();
