/* What somebody unfolded stays so when the server sends that part of the page anew: the n-th <details> of an element with an id.
   Menus are no folds: they close. */
import { all, on } from "./dom.js";

const remembered = new Map();
const keyOf = (fold) => {
  const place = fold.parentElement.closest("[id]");
  return `${place?.id}/${place ? all("details:not(.menu)", place).indexOf(fold) : 0}`;
};

on("htmx:beforeSwap", () => all("details:not(.menu)").forEach((fold) => remembered.set(keyOf(fold), fold.open)));
/* At once, not when it has settled: the next part of the page may come before that, and remember what is shut. */
on("htmx:afterSwap", () => {
  all("details:not(.menu)").forEach((fold) => { fold.open = remembered.get(keyOf(fold)) ?? fold.open; });
  remembered.clear();
});
