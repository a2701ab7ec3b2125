// <strong data-count-up> counts from nothing up to the number it says, once it is shown. The number
// stands there whole for whoever wants no motion, or has no script.
const still = matchMedia("(prefers-reduced-motion: reduce)");
const countUp = (place) => {
  const words = place.textContent, whole = Number(words.replace(/\D/g, "")), begun = performance.now();
  if (still.matches || !whole || document.hidden) return;
  const step = (now) => {
    const part = Math.min(1, (now - begun) / 900);
    place.textContent = part < 1 ? words.replace(/\d[\d,]*/, Math.round(whole * (1 - (1 - part) ** 3))) : words;
    if (part < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
};
const countAll = () => document.querySelectorAll("[data-count-up]").forEach((place) => {
  place.removeAttribute("data-count-up");
  countUp(place);
});
document.addEventListener("htmx:afterSettle", countAll);
countAll();
