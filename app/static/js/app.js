// Small conveniences. Every page works without them.
import htmx from "htmx.org";

Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0, // pages of signed-in members are not kept in the browser
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "409|422|429", swap: true }, // a form comes back with what is to be corrected
    { code: "[45]..", swap: false, error: true },
  ],
});

const say = (sentence) => {
  const place = document.getElementById("say");
  if (place) place.textContent = sentence ?? "";
};
const failed = () => say(document.getElementById("say")?.dataset.failed);
document.addEventListener("htmx:beforeRequest", () => say(""));
document.addEventListener("htmx:responseError", failed);
document.addEventListener("htmx:sendError", failed);

// <button data-copy="#id">: copies the text or value of an element and says so on the button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.querySelector(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  const label = button.textContent;
  button.textContent = button.dataset.copied ?? "Copied";
  setTimeout(() => (button.textContent = label), 2000);
});

// <button hidden data-share="#id">: the phone's own share sheet, where there is one.
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => navigator.share({ text: document.querySelector(button.dataset.share).value }).catch(() => {}));
}

// <a data-draft="#id" data-base data-field>: leads to a draft that says what stands there now.
document.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-draft]");
  if (link) link.href = `${link.dataset.base}?${new URLSearchParams([[link.dataset.field, document.querySelector(link.dataset.draft).value]])}`;
});

// <form data-server="#id">: opens a draft on one's own server, whose name only this browser keeps; its pattern is a host's.
for (const form of document.querySelectorAll("[data-server]")) {
  const field = form.elements.server;
  field.value ||= localStorage.getItem("server") ?? "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    localStorage.setItem("server", field.value);
    open(`https://${field.value}/share?${new URLSearchParams({ text: document.querySelector(form.dataset.server).value })}`, "_blank", "noopener");
  });
}

// <input data-own-zone list>: while it is empty, the city of this browser's own time zone.
for (const field of document.querySelectorAll("[data-own-zone]")) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  field.value ||= field.list.querySelector(`[data-zone="${CSS.escape(timeZone)}"]`)?.value ?? timeZone;
}
// The menu closes at a touch beside it, and at Escape.
const menu = document.querySelector(".me");
document.addEventListener("click", ({ target }) => menu?.contains(target) || menu?.removeAttribute("open"));
menu?.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && menu.open) (menu.open = false), menu.querySelector("summary").focus();
});

// A form that came back opens at the first thing to correct.
const wrong = document.querySelector("[aria-invalid=true]");
if (wrong) requestAnimationFrame(() => (wrong.focus({ preventScroll: true }), wrong.scrollIntoView({ block: "center" })));

// A text area grows with what is written in it where the browser does not do so itself.
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", ({ target }) => {
    if (target.tagName === "TEXTAREA") target.rows = Math.max(target.rows, target.value.split("\n").length);
  });
}
