// An open menu or question closes on a tap elsewhere and on Escape, a menu also when the focus goes
// on: it would lie over what has it. Who closes one from within is where they opened it.
const open = () => document.querySelectorAll("details[data-menu][open], details[data-confirm][open]");

document.addEventListener("click", (event) => {
  const closes = event.target.closest("[data-confirm-close]");
  for (const one of open()) {
    if (!one.contains(event.target) || closes) one.open = false;
  }
  closes?.closest("details").querySelector("summary").focus();
});
document.addEventListener("focusin", (event) => {
  for (const one of open()) {
    if (one.matches("[data-menu]") && !one.contains(event.target)) one.open = false;
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
