/* What changed on the screen is told to those who listen: an element with an id and data-says speaks when its words differ from
   those that stood there before. It speaks through one line that is never swapped, and never on the first sight. */
import { all, on } from "./dom.js";

const known = new Map();

const changed = () => all("[data-says]").filter(({ id, dataset }) => {
  const before = known.get(id);
  known.set(id, dataset.says);
  return before !== undefined && before !== dataset.says;
});

const say = (text) => { document.getElementById("says").textContent = text; };

changed();
on("htmx:afterSettle", () => {
  const news = changed().map(({ dataset }) => dataset.says);
  if (news.length) say(news.join(" "));
});
/* What one has just done oneself: everybody else sees it where it happened. */
on("says", ({ detail }) => say(detail.text));
