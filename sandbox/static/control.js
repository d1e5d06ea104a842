// Keeps the parts marked data-live fresh while the page is open. Everything also works with a plain reload.
(() => {
  "use strict";
  const PAUSE = 1500;
  let known = null;

  const bottom = (element) => {
    element.scrollTop = element.scrollHeight;
  };

  const busy = (element) => element.contains(document.activeElement) && document.activeElement !== element;

  const replace = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || busy(part) || next.innerHTML === part.innerHTML) continue;
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

  document.querySelectorAll("[data-bottom]").forEach(bottom);
  if (document.body.hasAttribute("data-live-page")) loop();
})();
