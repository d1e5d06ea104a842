/* Polls are rare while nobody looks, and come at once when somebody looks again or another tab has news.
   An element that polls carries data-poll and listens to hx-trigger="every 2s, news". */
import { all, isPoll, on } from "./dom.js";

const HIDDEN_MS = 30_000;
const SAME_GLANCE_MS = 300;
const lastAsked = new Map();
let lastNews = 0;

export const news = (polls = all("[data-poll]")) => {
  lastNews = Date.now();
  polls.forEach((poll) => window.htmx.trigger(poll, "news"));
};

/* Nobody asked for it, so nobody is told when it fails: the server sends no word then. */
on("htmx:configRequest", ({ detail }) => { if (isPoll(detail.elt)) detail.headers.Poll = "1"; });

on("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (!isPoll(elt)) return;
  // Nothing moves away under a menu that somebody has open.
  if ((elt.closest(".pane") || elt).querySelector("details.menu[open]")) return event.preventDefault();
  const key = elt.id || requestConfig.path;
  const told = requestConfig.triggeringEvent?.type === "news";
  const recent = Date.now() - (lastAsked.get(key) || 0) < HIDDEN_MS;
  if (document.hidden && recent && !told) event.preventDefault();
  else lastAsked.set(key, Date.now());
});

/* Becoming visible and getting the focus often come together: one question is enough. */
const lookedAt = () => {
  if (!document.hidden && Date.now() - lastNews > SAME_GLANCE_MS) news();
};

on("visibilitychange", lookedAt);
window.addEventListener("focus", lookedAt);
window.addEventListener("pageshow", ({ persisted }) => { if (persisted) news(); });
