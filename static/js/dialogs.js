/* A <dialog data-open> that arrives becomes modal; when it goes, the focus returns to whatever opened it. */
import { all, on } from "./dom.js";

let asked = null;
let opener = null;

/* What a person pressed; an element that asks by itself has had no focus to give back. */
on("htmx:beforeRequest", ({ detail }) => {
  if (!detail.elt.closest("dialog")) asked = detail.elt.matches("a, button, form") ? detail.elt : null;
});

const modal = () => document.querySelector("dialog:modal");

const giveFocusBack = () => {
  if (!opener || modal()) return;
  const same = opener.isConnected ? opener : document.getElementById(opener.id);
  const shut = same?.closest("details:not([open])");
  const place = shut ? shut.querySelector("summary") : same?.matches("form") ? same.querySelector("button") : same;
  (place || document.getElementById("content")).focus({ preventScroll: true });
  opener = null;
};

const leave = (dialog) => {
  document.getElementById("toasts")?.append(...all(".toast", dialog));
  dialog.remove();
  giveFocusBack();
};

/* The browser tells of the end when it finds the time, and until then nothing has the focus. */
const shut = (dialog) => {
  dialog.close();
  leave(dialog);
};

const show = (dialog) => {
  opener ||= asked || (document.activeElement === document.body ? document.getElementById("content") : document.activeElement);
  dialog.removeAttribute("open");
  dialog.addEventListener("close", () => leave(dialog), { once: true });
  dialog.showModal();
  (dialog.querySelector("[autofocus]") || dialog.querySelector("h2")).focus();
};

/* What took the place of a dialog's content may bring another title. */
const retitle = (part) => {
  const title = part.closest("dialog")?.querySelector("h2");
  if (title) title.textContent = part.dataset.dialogTitle;
};

const showAll = () => {
  all("[data-dialog-title]").forEach(retitle);
  all("dialog[data-open]:not(:modal)").forEach(show);
  giveFocusBack();
};

on("click", (event) => {
  const dialog = event.target.closest("[data-close]")?.closest("dialog:modal");
  if (!dialog) return;
  event.preventDefault();
  shut(dialog);
});

on("close-dialog", () => {
  if (modal()) shut(modal());
});
on("htmx:afterSettle", showAll);
showAll();
