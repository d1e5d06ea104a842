/* button data-copy="<id of a field>": copies it; where the browser refuses, the field is selected for the person to do so. */
import { on } from "./dom.js";

on("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return;
  }
  const detail = { text: button.dataset.copied, kind: "good" };
  button.dispatchEvent(new CustomEvent("toast", { detail, bubbles: true }));
});
