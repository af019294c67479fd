// What is wrong with a page's text: ordinary words broken inside, words outside their box or the window.
() => {
  const found = new Set();
  const page = document.documentElement;
  const range = document.createRange();
  if (page.scrollWidth > innerWidth) found.add(`the page is ${page.scrollWidth - innerWidth} px too wide`);
  const clips = (element) => {
    for (let each = element; each && each !== document.body; each = each.parentElement)
      if (getComputedStyle(each).overflowX !== "visible") return getComputedStyle(each).whiteSpace === "nowrap" || each.matches(".wide-table, .chips");
    return false;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const parent = node.parentElement;
    if (parent.closest("script, .visually-hidden, .skip, option, textarea, pre, svg, .me") || clips(parent)) continue;
    for (const word of node.data.matchAll(/[^\s\u200b\-–/·…]+/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5);
      if (!boxes.length) continue;
      const is_ordinary = word[0].length <= 24 && /^[\p{Script=Latin}\p{M}’'.,;:!?()“”"&]+$/u.test(word[0]);
      const where = `${parent.tagName.toLowerCase()}.${parent.className}`;
      if (is_ordinary && new Set(boxes.map((box) => Math.round(box.top))).size > 1) found.add(`"${word[0]}" is broken in ${where}`);
      const left = Math.min(...boxes.map((box) => box.left));
      const right = Math.max(...boxes.map((box) => box.right));
      if (left < -1 || right > innerWidth + 1) found.add(`"${word[0]}" leaves the window from ${where}`);
      const holder = parent.closest(".card, .btn, .chip, li, td, dd")?.getBoundingClientRect();
      if (holder?.width && (left < holder.left - 1.5 || right > holder.right + 1.5)) found.add(`"${word[0]}" leaves its box in ${where}`);
    }
  }
  return [...found];
}
