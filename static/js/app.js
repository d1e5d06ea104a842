/* Everything the console does in the browser beyond links, forms and htmx attributes.
   The server stays in charge: these files open what it sent, keep what a person typed, and tell tabs of each other. */
import "./answers.js";
import "./polls.js";
import "./folds.js";
import "./tabs.js";
import "./dialogs.js";
import "./thread.js";
import "./typing.js";
import "./attachments.js";
import "./drafts.js";
import "./keys.js";
import "./times.js";
import "./choices.js";
import "./copy.js";
import "./says.js";
import { all, on } from "./dom.js";

/* Menus are <details>; they close when one presses an item, elsewhere or Escape. */
on("click", ({ target }) => {
  const item = target.closest(".menu-item");
  all("details.menu[open]").forEach((menu) => { if (item || !menu.contains(target)) menu.open = false; });
});

/* One that opens at the lower edge is brought into sight whole. */
on("toggle", ({ target }) => {
  if (target.open && target.matches("details.menu")) target.querySelector(".menu-panel").scrollIntoView({ block: "nearest" });
}, true);

on("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

/* A refused form comes back with its errors: the reader is taken to them. */
const takeFocus = () => all("[data-takes-focus]").forEach((element) => {
  element.removeAttribute("data-takes-focus");
  element.focus();
});

on("htmx:afterSettle", takeFocus);
takeFocus();
