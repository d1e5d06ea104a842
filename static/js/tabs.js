/* Facebook's dialog runs in a tab of its own. When it ends, that tab hands the grant over to the page that asked for it;
   if that page is gone, the tab shows the selection itself (it already holds it, so nothing depends on this file). */
import { all, on } from "./dom.js";
import { news } from "./polls.js";

const ACK_WAIT_MS = 700;

on("submit", ({ target }) => {
  if (!target.matches("form[data-opens-tab]")) return;
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
