/* A thread follows new messages when its reader was at the end or has just sent one; otherwise what they read stays.
   [data-thread] (with an id) scrolls, [data-message] (with an id) is one message, [data-new-messages] leads to the end. */
import { all, on } from "./dom.js";

const NEAR_END_PX = 96;
const remembered = new Map();
const following = new Set();
const watched = new WeakSet();

const isNearEnd = (thread) => thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR_END_PX;
const messages = (thread) => all("[data-message]", thread);
const offer = (thread, shown) => all("[data-new-messages]", thread).forEach((pill) => { pill.hidden = !shown; });

const toEnd = (thread) => {
  thread.scrollTop = thread.scrollHeight;
  following.add(thread.id);
  offer(thread, false);
};

/* A composer that grows makes the thread lower, which would hide its last message. */
const heights = new ResizeObserver((entries) => {
  entries.filter(({ target }) => following.has(target.id)).forEach(({ target }) => toEnd(target));
});

/* An address can lead to one message (#message-7), which a search found. */
const asked = (thread) => messages(thread).find((message) => `#${message.id}` === location.hash);

const watch = (thread) => {
  watched.add(thread);
  heights.observe(thread);
  const message = asked(thread);
  if (message) message.scrollIntoView({ block: "center" });
  else toEnd(thread);
};

const remember = (thread, hasSent) => {
  const top = thread.getBoundingClientRect().top;
  const anchor = messages(thread).find((message) => message.getBoundingClientRect().bottom > top);
  remembered.set(thread.id, {
    atEnd: hasSent || isNearEnd(thread),
    anchor: anchor?.id,
    offset: anchor ? anchor.getBoundingClientRect().top - top : 0,
    last: messages(thread).at(-1)?.id,
  });
};

const restore = (thread) => {
  const before = remembered.get(thread.id);
  if (!before) return watched.has(thread) || watch(thread);
  if (!watched.has(thread)) watch(thread);
  if (before.atEnd) return toEnd(thread);
  const anchor = before.anchor && document.getElementById(before.anchor);
  const top = thread.getBoundingClientRect().top;
  if (anchor) thread.scrollTop += anchor.getBoundingClientRect().top - top - before.offset;
  if (before.last !== messages(thread).at(-1)?.id) offer(thread, true);
};

const restoreAll = () => all("[data-thread]").forEach(restore);

on("htmx:beforeSwap", ({ detail }) => {
  const hasSent = detail.requestConfig.elt.matches("form[data-clears]");
  all("[data-thread]").forEach((thread) => remember(thread, hasSent));
});
on("htmx:afterSwap", restoreAll);
on("htmx:oobAfterSwap", restoreAll);
on("htmx:afterSettle", () => remembered.clear());

on("scroll", ({ target }) => {
  if (!(target instanceof Element) || !target.matches("[data-thread]")) return;
  if (!isNearEnd(target)) return following.delete(target.id);
  following.add(target.id);
  offer(target, false);
}, true);

/* A picture takes its height when it arrives, which would push the end out of sight. */
on("load", ({ target }) => {
  const thread = target instanceof Element && target.closest("[data-thread]");
  if (thread && following.has(thread.id)) toEnd(thread);
}, true);

on("click", ({ target }) => {
  const pill = target.closest("[data-new-messages]");
  if (pill) toEnd(pill.closest("[data-thread]"));
});

all("[data-thread]").forEach(watch);
