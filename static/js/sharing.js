// A link is copied with one tap, and sent with the phone's own sheet where there is one.
const ready = (root) => {
  if (navigator.clipboard) root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  if (navigator.share) root.querySelectorAll("[data-share]").forEach((button) => { button.hidden = false; });
};

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  const send = event.target.closest("[data-share]");
  if (copy) {
    await navigator.clipboard.writeText(copy.parentElement.querySelector("[data-copy-source]").value);
    copy.querySelector("span").textContent = copy.dataset.done;
  }
  if (send) navigator.share({ title: send.dataset.title, url: send.dataset.share }).catch(() => {});
});
document.addEventListener("htmx:load", () => ready(document));
ready(document);
