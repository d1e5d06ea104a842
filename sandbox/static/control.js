// Keeps the parts marked data-live fresh while the page is open. Everything also works with a plain reload.
(() => {
  "use strict";
  const PAUSE = 1500;
  let known = null;

  const bottom = (element) => {
    element.scrollTop = element.scrollHeight;
  };

  const busy = (element) => {
    const active = document.activeElement;
    return element.contains(active) && active !== element && active.matches("input, select");
  };

  const playing = (element) => [...element.querySelectorAll("audio, video")].some((one) => !one.paused);

  // What a person unfolded stays unfolded; the server only insists where it says data-fixed.
  const keepOpen = (part, next) => {
    for (const one of part.querySelectorAll("details[id]")) {
      const fresh = next.querySelector(`#${CSS.escape(one.id)}`);
      if (fresh && !fresh.hasAttribute("data-fixed") && !one.hasAttribute("data-fixed")) fresh.open = one.open;
    }
  };

  const show = (part, next) => {
    const buttons = [...part.querySelectorAll("button")];
    const place = buttons.indexOf(document.activeElement);
    const low = part.scrollHeight - part.scrollTop - part.clientHeight < 80;
    part.replaceChildren(...next.childNodes);
    part.className = next.className;
    if (place >= 0) part.querySelectorAll("button")[place]?.focus({ preventScroll: true });
    if (part.hasAttribute("data-bottom") && low) bottom(part);
  };

  const replace = (fresh, always = false) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || (busy(part) && !always) || playing(part)) continue;
      keepOpen(part, next);
      if (next.innerHTML !== part.innerHTML) show(part, next);
    }
  };

  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch("/control/revision", { cache: "no-store" });
    const { revision } = await answer.json();
    if (known !== null && revision !== known) replace(await parsed(await fetch(location.href, { cache: "no-store" })));
    known = revision;
  };

  const loop = async () => {
    try {
      await look();
    } catch {
      known = "";
    }
    setTimeout(loop, PAUSE);
  };

  // Posting in place keeps the scroll position; what the server refuses is posted again the plain way.
  const post = async (form, button) => {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body });
    if (!answer.ok) return plain(form, button);
    if (!answer.redirected) return location.reload();
    history.replaceState(null, "", answer.url);
    const thread = document.getElementById("thread");
    const fresh = await parsed(answer);
    replace(fresh, true);
    if (form.id === "composer") bottom(thread);
    for (const input of form.querySelectorAll("input:not([type])")) input.value = "";
    if (form.querySelector(".replying") || form.action.endsWith("/dm")) location.replace(answer.url);
  };

  const plain = (form, button) => {
    if (button?.name) {
      const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
      form.append(chosen);
    }
    form.submit();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest(".phone, .switches, .logs")) return;
    event.preventDefault();
    post(form, event.submitter).catch(() => plain(form, event.submitter));
  });

  // Pictures arrive after their place was drawn.
  document.addEventListener(
    "load",
    (event) => {
      const list = event.target.closest?.("[data-bottom]");
      if (list && list.scrollHeight - list.scrollTop - list.clientHeight < 400) bottom(list);
    },
    true,
  );

  document.querySelectorAll("[data-bottom]").forEach(bottom);
  if (document.body.hasAttribute("data-live-page")) loop();
})();
