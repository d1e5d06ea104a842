/* button data-copy="<id of a field or a text>": copies it; where the browser refuses, it is selected for the person to do so. */
import { on } from "./dom.js";

on("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  if (field.select) field.select();
  else window.getSelection().selectAllChildren(field);
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent.trim());
  } catch {
    return;
  }
  const detail = { text: button.dataset.copied, kind: "good" };
  button.dispatchEvent(new CustomEvent("toast", { detail, bubbles: true }));
});
