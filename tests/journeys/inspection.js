// What must be true of every page, looked at from inside it. Returns one sentence for each thing that is wrong.
({ marked }) => {
  const wrong = [];
  const root = document.documentElement;
  const say = (what, text) => wrong.push(`${what}: ${text.trim().replace(/\s+/g, " ").slice(0, 80)}`);

  if (root.scrollWidth > innerWidth) say("it scrolls sideways", `${root.scrollWidth} > ${innerWidth}`);
  const headings = document.querySelectorAll("h1");
  if (headings.length !== 1) say("one h1 is wanted", String(headings.length));
  if (!document.title.trim()) say("it has no title", "");
  if (document.querySelector("[hx-get*=hostile]")) say("what somebody typed became an element", location.pathname);
  if (marked && root.dir !== "rtl") say("it is not mirrored", root.dir);

  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, template") && walker.currentNode.data.trim()) texts.push(walker.currentNode);
  }

  // Nothing is cut off, and nothing runs out of its box.
  const styles = new Map();
  const style = (element) => styles.get(element) ?? styles.set(element, getComputedStyle(element)).get(element);
  const unseen = (element) => style(element).clipPath !== "none";
  const scrolls = (element) => /auto|scroll/.test(style(element).overflowX);
  for (const text of texts) {
    if (!text.parentElement.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const rect = range.getBoundingClientRect();
    let box = text.parentElement;
    const above = [];
    for (let element = box; element && element !== document.body; element = element.parentElement) above.push(element);
    if (above.some(unseen) || above.some(scrolls) || above.some((element) => style(element).webkitLineClamp !== "none")) continue;
    while (style(box).display === "inline" && box !== document.body) box = box.parentElement;
    const outside = (element) => {
      const edge = element.getBoundingClientRect();
      return rect.left < edge.left - 1.5 || rect.right > edge.right + 1.5;
    };
    const cut = above.find((element) => style(element).overflowX !== "visible" && outside(element));
    if (outside(box) || cut) say("a text runs out of its box", text.data);
  }

  if (!marked) return wrong;

  // Every word outside ⟦…⟧ is data, and data says so: an element of its own, another language, a value.
  const DATA = ".mark-letter, bdi, data, time, blockquote, textarea, [lang]:not(html), [data-raw]";
  const letters = /\p{L}/u;
  const isData = (element) => element.closest(DATA) || (element.tagName === "OPTION" && element.value === element.text.trim());
  let depth = 0;
  for (const text of texts) {
    let outside = "";
    for (const sign of text.data) {
      if (sign === "⟦") depth += 1;
      else if (sign === "⟧") depth -= 1;
      else if (depth === 0) outside += sign;
    }
    if (letters.test(outside) && !isData(text.parentElement)) say("a text was never marked", outside);
  }
  if (depth !== 0) say("brackets do not close", String(depth));

  const bare = (value) => value.replace(/⟦.*⟧/su, "");
  for (const name of ["aria-label", "placeholder", "alt", "title", "data-l"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const value = element.getAttribute(name);
      if (letters.test(bare(value)) && !isData(element)) say(`${name} was never marked`, value);
    }
  }
  const shown = new Set([...document.querySelectorAll(DATA)].map((element) => element.textContent.trim()));
  for (const part of document.title.split(" · ")) {
    if (letters.test(bare(part)) && !shown.has(bare(part).trim())) say("the title was never marked", part);
  }
  return wrong;
}
