// Back wakes a page as it was left. Made for a visitor who has signed in since, or for a member who has left, it is loaded anew.
const COOKIE = "mall_reader=";
const reader = () => document.cookie.split("; ").find((one) => one.startsWith(COOKIE))?.slice(COOKIE.length).replace(/^"|"$/g, "") ?? "";

window.addEventListener("pageshow", (event) => {
  const [visit] = performance.getEntriesByType("navigation");
  const isKept = event.persisted || visit?.type === "back_forward";
  const root = document.documentElement;
  if (!isKept || root.dataset.reader === undefined || root.dataset.reader === reader()) return;
  root.hidden = true; // nobody reads another one's page meanwhile
  location.reload();
});
