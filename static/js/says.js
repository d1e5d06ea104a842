/* What changed on the screen is told to those who listen: an element with an id and data-says speaks when its words differ from
   those that stood there before. It speaks through one line that is never swapped, and never on the first sight. */
import { all, on } from "./dom.js";

const known = new Map();

const changed = () => all("[data-says]").filter(({ id, dataset }) => {
  const before = known.get(id);
  known.set(id, dataset.says);
  return before !== undefined && before !== dataset.says;
});

changed();
on("htmx:afterSettle", () => {
  const news = changed().map(({ dataset }) => dataset.says);
  if (news.length) document.getElementById("says").textContent = news.join(" ");
});
