{
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
}
{
const arm = (root) => root.querySelectorAll("[data-toast-close]").forEach((button) => { button.hidden = false; });

document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
document.addEventListener("htmx:afterSettle", () => arm(document));
document.addEventListener("htmx:oobAfterSwap", () => arm(document));
arm(document);
}
{
let pressed = "";
const button = (sign, label, step, field) => {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "icon-button";
  one.textContent = sign;
  one.ariaLabel = label;
  one.id = `${field.id}${step > 0 ? "-more" : "-less"}`;
  one.addEventListener("click", () => {
    pressed = one.id;
    if (step > 0) field.stepUp(); else field.stepDown();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return one;
};
const grow = () => {
  for (const box of document.querySelectorAll("[data-stepper]:not(.stepper--live)")) {
    const field = box.querySelector("input");
    box.classList.add("stepper--live");
    field.before(button("−", box.dataset.less, -1, field));
    field.after(button("+", box.dataset.more, 1, field));
  }
  if (document.activeElement === document.body) document.getElementById(pressed)?.focus();
  pressed = "";
};
document.addEventListener("htmx:load", grow);
grow();
}
{
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
}
{
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
}
{
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
}
{
const words = document.getElementById("troubles");
const WAITING = "[aria-busy]";

const tell = (sentence) => {
  if (!words || !sentence) return;
  const toast = words.content.firstElementChild.cloneNode(true);
  const text = toast.querySelector("[data-trouble]");
  const close = toast.querySelector("[data-toast-close]");
  document.querySelectorAll("[data-trouble]").forEach((old) => old.closest("[data-toast]").remove());
  close.hidden = false;
  document.getElementById("toasts").append(toast);
  text.textContent = sentence; // after it stands there: a reader of the screen is told of the change
  document.querySelectorAll(WAITING).forEach((one) => one.removeAttribute("aria-busy"));
};
const saidBy = (answer) => new DOMParser().parseFromString(answer, "text/html").querySelector(".empty__text")?.textContent.trim();

document.addEventListener("htmx:responseError", (event) => {
  const { status, responseText } = event.detail.xhr;
  tell(saidBy(responseText) || words?.dataset[`on${status}`] || words?.dataset.on500);
});
document.addEventListener("htmx:sendError", () => tell(navigator.onLine ? words?.dataset.unreachable : words?.dataset.offline));
document.addEventListener("htmx:timeout", () => tell(words?.dataset.slow));
const answers = () => fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
let answered = null;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (navigator.onLine || form === answered || form.getAttribute("method") !== "post") return;
  event.preventDefault(); // what was typed stays where it is
  event.stopImmediatePropagation();
  if (!await answers()) return tell(words?.dataset.offline);
  answered = form;
  form.requestSubmit(event.submitter);
  answered = null;
}, true);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");
}
{
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
window.addEventListener("pageshow", () => document.querySelectorAll("[aria-busy]").forEach(rest));
}
{
const PAUSE = 180;

function attach(input, number) {
  const list = document.createElement("ul");
  list.id = `suggestions-${number}`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.suggestionsLabel);
  input.after(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  let timer, asked, at = -1;

  const close = () => { list.hidden = true; choose(-1); input.setAttribute("aria-expanded", "false"); };
  function choose(index) {
    at = index;
    [...list.children].forEach((line, n) => line.setAttribute("aria-selected", String(n === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function show(lines) {
    list.replaceChildren(...lines.map((line, n) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${n}`;
      option.setAttribute("role", "option");
      option.textContent = line.text;
      option.dataset.url = line.url;
      return option;
    }));
    choose(-1);
    list.hidden = !lines.length || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }
  async function ask() {
    asked?.abort();
    asked = new AbortController();
    const url = `${input.dataset.suggestions}?${new URLSearchParams({ search: input.value })}`;
    try {
      const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" } });
      show(answer.ok ? (await answer.json()).suggestions : []);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }
  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); };

  close();
  input.addEventListener("input", (event) => { if (!event.isComposing) soon(); });
  input.addEventListener("compositionend", soon);
  input.addEventListener("focus", () => { if (!input.value) soon(); });
  input.addEventListener("blur", () => { clearTimeout(timer); asked?.abort(); setTimeout(close, 250); });
  input.form.addEventListener("submit", () => { clearTimeout(timer); asked?.abort(); close(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !list.hidden) {
      const many = list.children.length + 1; // the box itself is one of the places
      choose(((at + 1 + step + many) % many) - 1);
      event.preventDefault();
    } else if (event.key === "ArrowDown") {
      soon();
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.assign(list.children[at].dataset.url);
    } else if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault(); // the browser would empty the box
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}

document.querySelectorAll("[data-suggestions]").forEach(attach);
}
{
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
}
{
const link = document.getElementById("basket-link");
if (link && link.dataset.basket === "" && link.dataset.ask) {
  fetch(link.dataset.ask, { headers: { Accept: "application/json" }, redirect: "error" })
    .then((answer) => (answer.ok ? answer.json() : { pieces: "" }))
    .then(({ pieces }) => { link.dataset.basket = pieces; })
    .catch(() => {}); // away, or signed out meanwhile: there is no number, and the link leads on
}
}
{
const gallery = document.querySelector("[data-gallery]");
const zoom = document.querySelector("dialog[data-zoom]");

if (gallery && zoom?.showModal) {
  const links = [...gallery.querySelectorAll("a")];
  const image = zoom.querySelector("[data-zoom-picture]").appendChild(new Image());
  let place = 0;
  const show = (wanted) => {
    place = (wanted + links.length) % links.length;
    image.src = links[place].href;
    image.alt = links[place].querySelector("img").alt;
    zoom.querySelector("[data-zoom-place]").textContent = `${place + 1} / ${links.length}`;
  };
  gallery.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(links.indexOf(link));
    zoom.showModal();
  });
  zoom.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step) show(place + Number(step));
  });
  zoom.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) show(place + step);
  });
  document.querySelector("[data-thumbs]")?.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault(); // the gallery turns, the page stays where it is
    document.querySelector(link.hash).scrollIntoView({ block: "nearest", inline: "center" });
  });
}
}
{
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
}
