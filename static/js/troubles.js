// Nothing fails in silence: what a part of the page asked for and did not get is told in the page's corner, with what to do.
const words = document.getElementById("troubles");
const WAITING = "[aria-busy]";

const tell = (sentence) => {
  if (!words || !sentence) return;
  const toast = words.content.firstElementChild.cloneNode(true);
  const text = toast.querySelector("[data-trouble]");
  const close = toast.querySelector("[data-toast-close]");
  document.querySelectorAll("[data-trouble]").forEach((old) => old.closest("[data-toast]").remove());
  close.hidden = false;
  document.getElementById("toasts").append(toast);
  text.textContent = sentence; // after it stands there: a reader of the screen is told of the change
  document.querySelectorAll(WAITING).forEach((one) => one.removeAttribute("aria-busy"));
};
// The shop's own pages of refusal say how long to wait; a proxy's do not.
const saidBy = (answer) => new DOMParser().parseFromString(answer, "text/html").querySelector(".empty__text")?.textContent.trim();

document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  tell(saidBy(responseText) || words?.dataset[`on${status}`] || words?.dataset.on500);
});
document.addEventListener("htmx:sendError", () => tell(navigator.onLine ? words?.dataset.unreachable : words?.dataset.offline));
document.addEventListener("htmx:timeout", () => tell(words?.dataset.slow));
// A browser without any network calls itself offline though a shop on its own machine answers: that is asked before a form is held.
const answers = () => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
let answered = null;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (navigator.onLine || form === answered || form.getAttribute("method") !== "post") return;
  event.preventDefault(); // what was typed stays where it is
  event.stopImmediatePropagation();
  if (!await answers()) return tell(words?.dataset.offline);
  answered = form;
  form.requestSubmit(event.submitter);
  answered = null;
}, true);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");
