/* The three words that every other file here uses. */

export const all = (selector, root = document) => [...root.querySelectorAll(selector)];
export const on = (type, listener, capture = false) => document.addEventListener(type, listener, capture);
export const isPoll = (element) => element instanceof Element && element.matches("[data-poll]");
