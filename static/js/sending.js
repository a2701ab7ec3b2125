// A form on its way says so, and a second tap does not send it again. After a few seconds it may: a download leaves the page standing.
const REST_MS = 4000;
const rest = (one) => one?.removeAttribute("aria-busy");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (form.getAttribute("aria-busy")) {
    event.preventDefault();
    return;
  }
  for (const one of [form, event.submitter]) {
    one?.setAttribute("aria-busy", "true");
    setTimeout(rest, REST_MS, one);
  }
});
// Coming back to a page the browser had kept, nothing is on its way any more.
window.addEventListener("pageshow", () => document.querySelectorAll("[aria-busy]").forEach(rest));
