// A toast can be closed; good news leaves by itself (the style sheet does that), bad news stays.
const arm = (root) => root.querySelectorAll("[data-toast-close]").forEach((button) => { button.hidden = false; });

document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
document.addEventListener("htmx:afterSettle", () => arm(document));
document.addEventListener("htmx:oobAfterSwap", () => arm(document));
arm(document);
