// Counts down by the shop's clock, not the visitor's, and opens the button when the sale begins.
// Nobody's page reloads: when the time has come each page asks once, at a moment of its own, and again ever more slowly.
const pad = (number) => String(number).padStart(2, "0");
const words = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${pad(hours)}:` : ""}${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
};
let ahead = 0; // milliseconds by which the shop's clock is ahead of this one
const clocks = [...document.querySelectorAll("[data-flash-clock]")];
if (clocks.length) ahead = Date.parse(clocks[0].dataset.now) - Date.now();
const left = (clock) => Math.ceil((Date.parse(clock.querySelector("time").dateTime) - Date.now() - ahead) / 1000);

const tick = () => {
  for (const clock of clocks.filter((one) => !("over" in one.dataset))) {
    const seconds = left(clock);
    if (seconds > 0) {
      clock.querySelector("time").textContent = words(seconds);
    } else {
      clock.dataset.over = "";
      clock.textContent = clock.dataset.done;
    }
  }
};
tick();
if (clocks.length) setInterval(tick, 1000);

const order = document.querySelector("[data-flash-item]");
const button = order?.querySelector("[data-flash-button]");
const ask = async (pause) => {
  let standing = null;
  try {
    const answer = await fetch(order.dataset.standing, { headers: { Accept: "application/json" } });
    if (answer.ok) standing = await answer.json();
  } catch { /* the net is away for a moment: ask again below */ }
  if (standing) ahead = Date.parse(standing.now) - Date.now();
  if (standing?.state === "open") {
    button.disabled = false;
    button.textContent = button.dataset.open;
  } else if (standing && standing.state !== "soon") {
    button.textContent = button.dataset.gone;
  } else {
    setTimeout(ask, pause * (1 + Math.random()), Math.min(pause * 2, 30000));
    return;
  }
  order.querySelector("[data-flash-said]").textContent = button.textContent;
};
if (button) {
  const begins = Date.parse(order.querySelector("[data-flash-clock] time").dateTime);
  const wait = () => {
    const until = begins - Date.now() - ahead;
    if (until > 0) setTimeout(wait, Math.min(until, 60000));
    else setTimeout(ask, Math.random() * 1500, 1000);
  };
  wait();
}
