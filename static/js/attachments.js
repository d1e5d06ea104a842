/* Files of a reply: chosen, pasted or dropped, checked and shown before they are sent, and how far they are.
   input[data-files] holds the limits; [data-file-list], [data-file-problem], [data-file-progress] name its id.
   The server checks again, by the bytes. */
import { all, on } from "./dom.js";

const MEGABYTE = 1024 * 1024;
const partsOf = (input, name) => all(`[data-file-${name}="${CSS.escape(input.id)}"]`);
const inputOf = (element) => {
  const form = element.closest?.("form[data-takes-files]") || element.closest?.(".pane")?.querySelector("form[data-takes-files]");
  return form && document.getElementById(form.dataset.takesFiles);
};

const say = (input, text) => partsOf(input, "problem").forEach((place) => {
  place.textContent = text;
  place.hidden = !text;
});

const kindOf = (file) => ["image", "video", "audio"].find((kind) => file.type.startsWith(`${kind}/`)) || "file";

const problemWith = (files, input) => {
  const limits = JSON.parse(input.dataset.files);
  const texts = input.dataset;
  if (files.length > limits.count) return texts.textCount.replace("%(count)s", limits.count);
  const large = files.find((file) => file.size > limits[kindOf(file)]);
  if (large) {
    return texts.textSize.replace("%(name)s", large.name).replace("%(most)s", limits[kindOf(large)] / MEGABYTE);
  }
  return files.reduce((sum, file) => sum + file.size, 0) > limits.all ? texts.textAll : "";
};

const give = (input, files) => {
  const held = new DataTransfer();
  files.forEach((file) => held.items.add(file));
  input.files = held.files;
  draw(input);
};

/* A picture is read into the page: the content policy knows no blob: addresses. */
const picture = (file) => {
  const image = document.createElement("img");
  const reader = new FileReader();
  image.alt = "";
  reader.addEventListener("load", () => { image.src = reader.result; });
  reader.readAsDataURL(file);
  return image;
};

const remover = (input, file) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "text-button";
  button.textContent = input.dataset.textRemove;
  button.setAttribute("aria-label", `${input.dataset.textRemove} ${file.name}`);
  button.addEventListener("click", () => {
    say(input, "");
    give(input, [...input.files].filter((other) => other !== file));
    input.form.querySelector("textarea")?.focus();
  });
  return button;
};

const row = (input, file) => {
  const line = document.createElement("div");
  const name = document.createElement("span");
  line.className = "file-row";
  name.className = "clip";
  name.textContent = `${file.name} · ${Math.max(0.1, file.size / MEGABYTE).toFixed(1)} MB`;
  if (kindOf(file) === "image") line.append(picture(file));
  line.append(name, remover(input, file));
  return line;
};

const draw = (input) => partsOf(input, "list").forEach((list) => {
  list.replaceChildren(...[...input.files].map((file) => row(input, file)));
  list.hidden = !input.files.length;
});

/* What is refused is left out; what was there before stays. */
const add = (input, files, before = []) => {
  const problem = problemWith([...before, ...files], input);
  say(input, problem);
  give(input, problem ? before : [...before, ...files]);
};

on("change", ({ target }) => { if (target.matches("input[data-files]")) add(target, [...target.files]); });

on("paste", (event) => {
  const files = [...(event.clipboardData?.files || [])];
  const input = files.length && event.target.matches("textarea[data-send]") && inputOf(event.target);
  if (!input) return;
  event.preventDefault();
  add(input, files, [...input.files]);
});

const brings = (event) => event.dataTransfer?.types.includes("Files") && inputOf(event.target);
on("dragover", (event) => { if (brings(event)) event.preventDefault(); });
on("drop", (event) => {
  const input = brings(event);
  if (!input) return;
  event.preventDefault();
  add(input, [...event.dataTransfer.files], [...input.files]);
});

const fileInputs = (form) => form.matches("form[data-takes-files]") ? all("input[data-files]", form) : [];
const showProgress = (form, part) => fileInputs(form).filter((input) => input.files.length).forEach((input) => {
  partsOf(input, "progress").forEach((bar) => {
    bar.hidden = part === null;
    bar.value = part || 0;
  });
});

on("htmx:xhr:progress", ({ target, detail }) => {
  if (target.matches("form") && detail.lengthComputable) showProgress(target, (100 * detail.loaded) / detail.total);
});
/* Files that are added while others go up wait for the next reply. */
const sent = new WeakMap();
on("htmx:beforeRequest", ({ detail: { elt } }) => {
  if (elt instanceof Element) fileInputs(elt).forEach((input) => sent.set(input, [...input.files]));
});
on("htmx:afterRequest", ({ detail: { elt, successful } }) => {
  if (!(elt instanceof Element)) return;
  showProgress(elt, null);
  if (!successful) return;
  fileInputs(elt).forEach((input) => give(input, [...input.files].filter((file) => !sent.get(input)?.includes(file))));
});
