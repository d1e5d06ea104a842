/* button data-copy="<id of a field or a text>": copies it; where the browser refuses, it is selected for the person to do so. */
import { on } from "./dom.js";

on("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  if (field.select) field.select();
  else window.getSelection().selectAllChildren(field);
  if (!(await copied(field.value ?? field.textContent.trim()))) return;
  const detail = { text: button.dataset.copied, kind: "good" };
  button.dispatchEvent(new CustomEvent("toast", { detail, bubbles: true }));
});

/* A window that has just lost the focus may not use the clipboard; the older way copies what is selected even then. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
