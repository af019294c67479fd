// How long a post is while it is written, as directory/text_length.py counts it. Saving counts once more.
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const clusters = (text) => [...segmenter.segment(text)].map(({ segment }) => segment);
const tlds = new Set(document.querySelector("[data-tlds]")?.dataset.tlds.split(" "));

const label = "[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?";
const any = "[^\\s!-/:-@\\[-`{-~](?:[^\\s!-,./:-@\\[-`{-~]{0,61}[^\\s!-/:-@\\[-`{-~])?";
const link = new RegExp(
  `(?:(?<![a-z0-9@＠$#＃])https?://(?:${any}\\.)+|(?<![a-z0-9@＠$#＃_./-])(?:${label}\\.)+)` +
    '([a-z]{2,}|xn--[a-z0-9-]+)(?![a-z0-9@+-])(?::\\d+)?(?:[/?](?:[^\\s<>"“”]*[\\p{L}\\p{N}_/#=&-])?)?',
  "giu",
);
const elsewhere = /(?<![a-z0-9_/])(@[a-z0-9_]+)@[a-z0-9.-]{0,252}[a-z0-9](?![.-]*[a-z0-9])/giu;
const isLinked = (found, tld) => found.slice(0, 8).includes("://") && found.length <= 4096 && tlds.has(tld.toLowerCase());
const emoji =
  /^(?:[\u203c\u2049\u2122\u2139\u2194-\u3299©®\u{1f000}-\u{1faff}].*[\ufe0f\u200d\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]|[0-9#*]\ufe0f?\u20e3|[\u{1f1e6}-\u{1f1ff}]{2})/u;
const light = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
const weight = (character) => {
  const point = character.codePointAt(0);
  return light.some(([first, last]) => first <= point && point <= last) ? 1 : 2;
};

const counts = {
  tooted: (text) =>
    clusters(
      text.replace(link, (found, tld) => (isLinked(found, tld) ? "-".repeat(23) : found)).replace(elsewhere, "$1"),
    ).length,
  characters: (text) => [...text].length,
  bytes: (text) => new TextEncoder().encode(text).length,
  graphemes: (text) => clusters(text).length,
  weighted: (text) => {
    let length = 0;
    const rest = text.normalize("NFC").replace(link, (found, tld) => {
      if (!tlds.has(tld.toLowerCase())) return found;
      length += 23;
      return "";
    });
    for (const each of clusters(rest)) length += emoji.test(each) ? 2 : [...each].reduce((sum, one) => sum + weight(one), 0);
    return length;
  },
};

for (const told of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(told.dataset.counts);
  const count = () => {
    const length = counts[told.dataset.unit](field.value);
    told.firstElementChild.textContent = length;
    told.classList.toggle("over", length > told.dataset.most);
  };
  field?.addEventListener("input", count);
}
