// Lines to choose from under a search box: a combobox as WAI-ARIA describes it. Without it the box
// searches all the same.
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
  // Later: what a tap outside meant to hit must not move away under it.
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
  // before the box loses its focus
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}

document.querySelectorAll("[data-suggestions]").forEach(attach);
