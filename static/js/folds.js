/* What somebody unfolded stays so when the server sends that part of the page anew: the n-th <details> of an element with an id.
   Menus are no folds: they close. */
import { all, on } from "./dom.js";

const remembered = new Map();
const keyOf = (fold) => {
  const place = fold.parentElement.closest("[id]");
  return `${place?.id}/${place ? all("details:not(.menu)", place).indexOf(fold) : 0}`;
};

on("htmx:beforeSwap", () => all("details:not(.menu)").forEach((fold) => remembered.set(keyOf(fold), fold.open)));
on("htmx:afterSettle", () => {
  all("details:not(.menu)").forEach((fold) => { fold.open = remembered.get(keyOf(fold)) ?? fold.open; });
  remembered.clear();
});
