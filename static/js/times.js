/* "5 minutes ago" stays true while the page stays open: <time data-ago datetime="…">, as `ago` in webapp/web/i18n.py says it. */
import { all, on } from "./dom.js";

const EVERY_MS = 15_000;
const NOW_S = 45;
const NEXT_FROM = 1.2;
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "zh-Hant-TW");

const ago = (moment) => {
  const seconds = (moment - Date.now()) / 1000;
  if (Math.abs(seconds) < NOW_S) return document.body.dataset.textNow;
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) / size >= NEXT_FROM) || UNITS.at(-1);
  return words.format(Math.round(seconds / length), unit);
};

const update = () => all("time[data-ago]").forEach((element) => {
  const text = ago(Date.parse(element.dateTime));
  if (text && element.textContent !== text) element.textContent = text;
});

setInterval(() => { if (!document.hidden) update(); }, EVERY_MS);
on("visibilitychange", () => { if (!document.hidden) update(); });
