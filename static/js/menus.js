// An open menu or question closes on a tap elsewhere and on Escape.
const open = () => document.querySelectorAll("details[data-menu][open], details[data-confirm][open]");

document.addEventListener("click", (event) => {
  for (const one of open()) {
    if (!one.contains(event.target) || event.target.closest("[data-confirm-close]")) one.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const one of open()) {
    one.open = false;
    one.querySelector("summary").focus();
  }
});
document.addEventListener("toggle", (event) => {
  event.target.querySelectorAll?.("[data-confirm-close]").forEach((button) => { button.hidden = false; });
}, true);
