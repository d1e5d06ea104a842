/* button data-copy="<id of a field or a text>": copies it; where the browser refuses, it stays selected for the person to do so. */
import { on } from "./dom.js";

on("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const done = await copied(field);
  const text = done ? button.dataset.copied : document.body.dataset.textSelected;
  button.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: done ? "good" : "info" }, bubbles: true }));
});

/* How long a browser may think about the clipboard, in milliseconds: beside others some never answer. */
const PATIENCE = 1000;
const late = () => new Promise((_, reject) => setTimeout(reject, PATIENCE));

/* A window that has just lost the focus may not use the clipboard; the older way copies what is selected even then. */
async function copied(field) {
  field.focus();
  if (field.select) field.select();
  else window.getSelection().selectAllChildren(field);
  try {
    await Promise.race([navigator.clipboard.writeText(field.value ?? field.textContent.trim()), late()]);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
