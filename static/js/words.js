/* What scripts say: the page hands the sentences over, in its language, as <template data-words>. */

export const language = document.documentElement.lang || "en-GB";
const plural = new Intl.PluralRules(language);

function found(name) {
  for (const words of document.querySelectorAll("template[data-words]")) {
    const one = words.content.querySelector(`[data-word="${name}"]`);
    if (one) return one.textContent;
  }
  return "";
}

/* The sentence of that name, with {name} replaced by the value of that name. */
export function word(name, values = {}) {
  return found(name).replace(/\{(\w+)\}/g, (hole, key) => values[key] ?? hole);
}

/* The sentence of that name for so many things: {n} is the number, as the language writes it. */
export function counted(name, n, values = {}) {
  return word(`${name}-${plural.select(n)}`, { n: n.toLocaleString(language), ...values });
}
