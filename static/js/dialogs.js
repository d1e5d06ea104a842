/* A <dialog data-open> that arrives becomes modal; when it goes, the focus returns to whatever opened it. */
import { all, isPoll, on } from "./dom.js";

let asked = null;
let opener = null;

on("htmx:beforeRequest", ({ detail }) => {
  if (!detail.elt.closest("dialog")) asked = isPoll(detail.elt) ? null : detail.elt;
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

const closed = ({ currentTarget: dialog }) => {
  document.getElementById("toasts")?.append(...all(".toast", dialog));
  dialog.remove();
  giveFocusBack();
};

const show = (dialog) => {
  opener ||= asked || document.activeElement;
  dialog.removeAttribute("open");
  dialog.addEventListener("close", closed);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") || dialog.querySelector("h2")).focus();
};

const showAll = () => {
  all("dialog[data-open]:not(:modal)").forEach(show);
  giveFocusBack();
};

on("click", (event) => {
  const dialog = event.target.closest("[data-close]")?.closest("dialog:modal");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});

on("close-dialog", () => modal()?.close());
on("htmx:afterSettle", showAll);
showAll();
