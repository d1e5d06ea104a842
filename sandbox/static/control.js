// Keeps the parts marked data-live fresh while the page is open. Everything also works with a plain reload.
(() => {
  "use strict";
  const PAUSE = 1500;
  let known = null;

  const bottom = (element) => {
    element.scrollTop = element.scrollHeight;
  };

  const busy = (element) => element.contains(document.activeElement) && document.activeElement !== element;

  const replace = (fresh, always = false) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || (busy(part) && !always) || next.innerHTML === part.innerHTML) continue;
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      part.replaceChildren(...next.childNodes);
      part.className = next.className;
      [...part.querySelectorAll("details")].forEach((one, index) => (one.open = open[index] ?? false));
      if (part.hasAttribute("data-bottom")) bottom(part);
    }
  };

  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch("/control/revision", { cache: "no-store" });
    const { revision } = await answer.json();
    if (known !== null && revision !== known) {
      const page = await fetch(location.href, { cache: "no-store" });
      replace(new DOMParser().parseFromString(await page.text(), "text/html"));
    }
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
  const post = async (form) => {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) return form.submit();
    if (!answer.redirected) return location.reload();
    const part = form.closest("[data-live]");
    const place = part ? [...part.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    replace(new DOMParser().parseFromString(await answer.text(), "text/html"), true);
    for (const input of form.querySelectorAll("input:not([type])")) input.value = "";
    if (place >= 0) part.querySelectorAll("button")[place]?.focus();
  };

  document.addEventListener("submit", (event) => {
    if (!event.target.closest(".phone, .switches, .logs")) return;
    event.preventDefault();
    post(event.target).catch(() => event.target.submit());
  });

  document.querySelectorAll("[data-bottom]").forEach(bottom);
  if (document.body.hasAttribute("data-live-page")) loop();
})();
