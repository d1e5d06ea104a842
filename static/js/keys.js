/* Keys of the conversation page. They are single letters, so they hold only where nobody writes, chooses or has a dialog open.
   Each presses something that is on the page anyway; what is not there does nothing. */
import { all, on } from "./dom.js";

const WRITES = "input, textarea, select, [contenteditable], dialog";

const rows = () => all(".conversations .conversation");

/* From the row in focus, else from the conversation that is open. */
const move = (steps) => {
  const list = rows();
  const from = list.findIndex((row) => row === document.activeElement);
  const open = list.findIndex((row) => row.matches("[aria-current]"));
  const next = from >= 0 ? from + steps : open >= 0 ? open + steps : steps > 0 ? 0 : list.length - 1;
  list[Math.max(0, Math.min(next, list.length - 1))]?.focus();
};

const press = (selector) => all(selector).find((element) => element.checkVisibility())?.click();
const focus = (selector) => {
  const element = document.querySelector(selector);
  element?.focus();
  element?.select?.();
};

const keys = {
  j: () => move(1),
  k: () => move(-1),
  r: () => document.querySelector(".composer textarea")?.focus(),
  e: () => press("[id^='close-']"),
  "/": () => focus("#conversation-search-box"),
  "?": () => press("[data-keys-help]"),
};

/* Arrows scroll, unless one is in the list. */
const arrows = { ArrowDown: 1, ArrowUp: -1 };

const leaveSearch = (target) => {
  target.blur();
  move(0);
};

/* What was begun stays in the box; the letters are keys again. */
const leaveReply = () => focus("[data-thread]");

on("keydown", (event) => {
  if (!document.querySelector(".inbox") || event.isComposing || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal")) return;
  const { key, target } = event;
  if (key === "Escape" && target.matches("#conversation-search-box") && !target.value) return leaveSearch(target);
  if (key === "Escape" && target.matches(".composer textarea")) return leaveReply();
  if (target.closest(WRITES)) return;
  const step = arrows[key] && target.matches(".conversation") ? () => move(arrows[key]) : keys[key];
  if (!step) return;
  event.preventDefault();
  step();
});
