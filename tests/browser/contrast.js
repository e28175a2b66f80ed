// Every text that is shown with less than 4.5 : 1 against what is really behind it (WCAG 2.2, 1.4.3).
const parse = (color) => color.match(/[\d.]+/g).map(Number);
const over = (above, below) => {
  const share = above[3] === undefined ? 1 : above[3];
  return [0, 1, 2].map((i) => above[i] * share + below[i] * (1 - share));
};
const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = (color) => {
  const [red, green, blue] = color.map((value) => linear(value / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ground = (element) => {
  const layers = [];
  for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
};
const faint = [];
for (const e of document.querySelectorAll("body *")) {
  const says = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!says || !e.checkVisibility()) continue;
  if (e.closest(".none, :disabled, noscript, script, style, option")) continue;
  const below = ground(e);
  const [a, b] = [luminance(over(parse(getComputedStyle(e).color), below)), luminance(below)];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) faint.push(`${e.className}: ${e.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
}
return faint;
