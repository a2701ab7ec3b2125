// <time data-countdown datetime="…"> counts down to its moment (data-label: the words before it) and reloads the page once it has passed.
const pad = (number) => String(number).padStart(2, "0");
const tick = () => {
  for (const clock of document.querySelectorAll("time[data-countdown]")) {
    const left = Math.ceil((new Date(clock.dateTime) - Date.now()) / 1000);
    if (left > 0) {
      const label = clock.dataset.label ? `${clock.dataset.label} ` : "";
      clock.textContent = `${label}${left >= 3600 ? `${Math.floor(left / 3600)}:` : ""}${pad(Math.floor(left / 60) % 60)}:${pad(left % 60)}`;
      clock.dataset.running = "yes";
    } else if (clock.dataset.running) {
      delete clock.dataset.running;
      setTimeout(() => location.reload(), 2000);
    }
  }
};
if (document.querySelector("time[data-countdown]")) setInterval(tick, 1000);
tick();
