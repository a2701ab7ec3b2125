// The choice of light takes effect at once; the form's answer only keeps it in a cookie.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const chosen = event.submitter.value;
  const body = new FormData(form, event.submitter);
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
  if (chosen === "auto") delete document.documentElement.dataset.bsTheme;
  else document.documentElement.dataset.bsTheme = chosen;
  document.querySelectorAll("[data-theme-form] [name=theme]").forEach((button) => {
    if (button.value === chosen) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  });
  const menu = form.closest("details");
  if (menu) menu.open = false;
  const icon = event.submitter.querySelector("use").getAttribute("href");
  document.querySelectorAll("details:has([data-theme-form]) > summary use").forEach((use) => use.setAttribute("href", icon));
});
