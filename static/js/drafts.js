/* What was begun and not sent waits in this tab until one comes back to the conversation.
   A box says so by data-draft, whose value is who writes: nobody else finds it in the same tab. Its id names its conversation. */
import { all, on } from "./dom.js";

const keyOf = (area) => `draft:${area.dataset.draft}:${area.id}`;

/* A browser that stores nothing only forgets drafts. */
const stored = (work) => {
  try {
    return work(sessionStorage);
  } catch {
    return null;
  }
};

const keep = (area) => stored((place) => {
  if (area.value) place.setItem(keyOf(area), area.value);
  else place.removeItem(keyOf(area));
});

const bringBack = (area) => {
  const held = stored((place) => place.getItem(keyOf(area)));
  if (!held || area.value) return;
  area.value = held;
  area.dispatchEvent(new Event("input", { bubbles: true }));
};

on("input", ({ target }) => { if (target.matches("[data-draft]")) keep(target); });
on("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.matches("form[data-clears]")) setTimeout(() => all("[data-draft]", detail.elt).forEach(keep));
});
all("[data-draft]").forEach(bringBack);
