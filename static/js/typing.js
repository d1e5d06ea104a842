/* What a person types: the box grows, counts bytes, is sent by a key, and survives a swap around it.
   A box with data-keep needs an id of its own conversation, or the draft would move to another one. */
import { all, on } from "./dom.js";

const SHOW_COUNT_FROM = 0.6;
const ENTER_WHILE_COMPOSING = 229;

const grow = (area) => {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
};

const bytes = (text) => new TextEncoder().encode(text).length;

/* How many characters have to go from the end. */
const surplus = (text, limit) => {
  const letters = [...text];
  let [over, gone] = [bytes(text) - limit, 0];
  while (over > 0) {
    gone += 1;
    over -= bytes(letters[letters.length - gone]);
  }
  return gone;
};

/* The platforms limit UTF-8 bytes, not characters: a Chinese character takes three. What is left is told in characters
   like those that were written. */
const count = (area) => {
  const limit = Number(area.dataset.bytesMax);
  const used = bytes(area.value);
  const left = Math.floor((limit - used) * [...area.value].length / (used || 1));
  area.setAttribute("aria-invalid", String(used > limit));
  all(`[data-bytes-for="${CSS.escape(area.id)}"]`).forEach((place) => {
    place.textContent = used > limit
      ? place.dataset.textOver.replace("%(count)s", surplus(area.value, limit))
      : place.dataset.textLeft.replace("%(count)s", left);
    place.hidden = used < limit * SHOW_COUNT_FROM;
    place.classList.toggle("is-over", used > limit);
  });
};

/* Enter that only confirms a candidate of an input method must never send. Safari ends the composition before
   this event and tells of it only by the old key code. On a touch keyboard Enter is a new line. */
const sends = (event, area) => {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === ENTER_WHILE_COMPOSING) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return area.dataset.send === "enter" && !event.shiftKey && !event.altKey && !matchMedia("(pointer: coarse)").matches;
};

on("keydown", (event) => {
  const area = event.target;
  if (!area.matches("textarea[data-send]") || !sends(event, area)) return;
  event.preventDefault();
  const says = area.value.trim() || all("input[type=file]", area.form).some((input) => input.files.length);
  if (says && area.getAttribute("aria-invalid") !== "true") area.form.requestSubmit();
});

const drafts = new Map();
const isOwn = (area, element) => area.form && (element === area.form || area.form.contains(element));

const keep = ({ detail }) => all("[data-keep]").forEach((area) => {
  if (isOwn(area, detail.requestConfig.elt) || !area.value) drafts.delete(area.id);
  else drafts.set(area.id, { value: area.value, from: area.selectionStart, to: area.selectionEnd });
});

const restore = () => all("[data-keep]").forEach((area) => {
  const draft = drafts.get(area.id);
  if (!draft || area.value) return;
  area.value = draft.value;
  area.setSelectionRange(draft.from, draft.to);
});

/* form[data-clears]: once sent, exactly what was sent goes; what was typed meanwhile stays. */
const sent = new WeakMap();
on("htmx:beforeRequest", ({ detail }) => {
  all("textarea[data-send]", detail.elt).forEach((area) => sent.set(area, area.value));
});
on("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful || !detail.elt.matches("form[data-clears]")) return;
  all("textarea[data-send]", detail.elt).filter((area) => area.value.startsWith(sent.get(area))).forEach((area) => {
    area.value = area.value.slice(sent.get(area).length);
    measure();
  });
});

const measure = () => {
  all("textarea[data-grow]").forEach(grow);
  all("textarea[data-bytes-max]").forEach(count);
};

on("input", ({ target }) => {
  if (target.matches("textarea[data-grow]")) grow(target);
  if (target.matches("textarea[data-bytes-max]")) count(target);
});
/* A search asks when a word is complete, not for the sounds that an input method is still putting together. */
const typed = ({ target, isComposing }) => {
  if (target.matches("[data-search]") && !isComposing) target.dispatchEvent(new Event("typed", { bubbles: true }));
};
on("input", typed);
on("compositionend", ({ target }) => typed({ target }));

on("htmx:beforeSwap", keep);
on("htmx:afterSwap", restore);
on("htmx:oobAfterSwap", restore);
on("htmx:afterSettle", measure);
measure();
