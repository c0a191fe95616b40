/* What a person chose for logs, kept in the browser. */

const NAME = "log";
const FIRST = { wrap: true, times: "clock", keys: true };

export function choicesRead() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    const times = ["clock", "since", "off"].includes(kept.times) ? kept.times : FIRST.times;
    return { wrap: kept.wrap !== false, times, keys: kept.keys !== false };
  } catch {
    return { ...FIRST };
  }
}

export function choicesKeep(choices) {
  try {
    localStorage.setItem(NAME, JSON.stringify(choices));
  } catch {
    /* storage is switched off: the choice lasts for this page */
  }
}
