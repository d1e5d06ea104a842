/* How answers of the server are taken, and what a person is told when one does not come. */
import { all, isPoll, on } from "./dom.js";

const TOAST_MS = 6_000;
const SILENT_POLLS = 3;

/* Nothing evaluated, nothing styled inline, no other origin, no page kept in browser storage. A box that grew keeps its
   height as a style, which is not carried over to what replaces it: the content policy would refuse it. */
Object.assign(window.htmx.config, {
  allowEval: false,
  attributesToSettle: ["class", "width", "height"],
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  historyRestoreAsHxRequest: false,
  timeout: 30_000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "...", swap: false, error: true },
  ],
});

/* Any other error answer is shown only where the server said it belongs. */
on("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Retarget")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

/* Behind a modal dialog the page is inert, so the toast goes where it can be heard and closed. */
const toast = (text, kind = "info") => {
  const template = document.getElementById("toast-template");
  const region = document.querySelector("dialog:modal [data-toasts]") || document.getElementById("toasts");
  if (!template || !region || !text) return;
  const element = template.content.firstElementChild.cloneNode(true);
  element.classList.add(`is-${kind}`);
  element.querySelector(".toast-text").textContent = text;
  region.append(element);
  if (kind === "bad") return;
  const leave = () => {
    if (element.matches(":hover, :focus-within")) setTimeout(leave, TOAST_MS);
    else element.remove();
  };
  setTimeout(leave, TOAST_MS);
};

on("toast", ({ detail }) => toast(detail.text, detail.kind));
on("click", ({ target }) => target.closest("[data-dismiss]")?.closest(".toast").remove());

/* One failed poll is nobody's business; several in a row are said once, quietly, until one succeeds. */
let missed = 0;
const countPoll = (failed) => {
  missed = failed ? missed + 1 : 0;
  all("[data-offline-note]").forEach((note) => { note.hidden = missed < SILENT_POLLS; });
};

const report = (phrase) => ({ detail }) => {
  if (isPoll(detail.elt)) countPoll(true);
  else toast(document.body.dataset[phrase], "bad");
};

on("htmx:responseError", report("textFailed"));
on("htmx:sendError", report("textUnreachable"));
on("htmx:timeout", report("textUnreachable"));
on("htmx:afterOnLoad", ({ detail }) => {
  if (isPoll(detail.elt) && detail.xhr.status < 400) countPoll(false);
});
