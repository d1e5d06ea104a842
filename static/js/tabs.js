/* Facebook's dialog runs in a tab of its own. When it ends, that tab hands the grant over to the page that asked for it;
   if that page is gone, the tab shows the selection itself (it already holds it, so nothing depends on this file). */
import { all, on } from "./dom.js";
import { news } from "./polls.js";

const ACK_WAIT_MS = 700;

/* What was pressed, so that the page can offer it again without a new tab: that one may have been blocked. */
let pressed = "";

const addressOf = (form) => {
  const { pathname, searchParams } = new URL(form.action);
  const given = new FormData(form);
  ["platform", "rerequest"].filter((name) => given.get(name)).forEach((name) => searchParams.set(name, given.get(name)));
  return `${pathname}?${searchParams}`;
};

on("htmx:configRequest", ({ detail }) => {
  if (detail.triggeringEvent?.type === "authorization-started") detail.parameters.pressed = pressed;
});

on("submit", ({ target }) => {
  if (!target.matches("form[data-opens-tab]")) return;
  pressed = addressOf(target);
  setTimeout(() => document.body.dispatchEvent(new CustomEvent("authorization-started", { bubbles: true })));
});

const welcome = (channel, attempt) => {
  const waiting = all("[data-attempt]").find((element) => element.dataset.attempt === attempt);
  if (waiting) channel.postMessage({ kind: "ack", attempt });
};

const handOver = (channel, attempt) => {
  const listen = ({ data }) => {
    if (data?.kind !== "ack" || data.attempt !== attempt) return;
    stop();
    all("[data-handover-here]").forEach((element) => { element.hidden = true; });
    all("[data-handover-done]").forEach((element) => { element.hidden = false; });
    window.close();
  };
  const stop = () => channel.removeEventListener("message", listen);
  channel.addEventListener("message", listen);
  channel.postMessage({ kind: "grant", attempt });
  setTimeout(stop, ACK_WAIT_MS);
};

if ("BroadcastChannel" in window) {
  const channel = new BroadcastChannel("omnichat");
  const ending = document.querySelector("[data-handover]");
  if (ending) handOver(channel, ending.dataset.handover);
  else {
    channel.addEventListener("message", ({ data }) => {
      if (data?.kind === "ack") return;
      if (data?.kind === "grant") welcome(channel, data.attempt);
      news();
    });
  }
}
