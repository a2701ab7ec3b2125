// The table of orders to be sent: Enter in a tracking number goes on to the next one (a scanner
// sends it after each number), and a pasted column fills down from where it is pasted.
(function () {
  const form = document.querySelector("[data-dispatch]");
  if (!form) return;
  const fields = Array.from(form.querySelectorAll("[data-tracking]"));

  function goOn(from) {
    const next = fields[fields.indexOf(from) + 1];
    if (next) {
      next.focus();
      next.select();
    } else {
      form.querySelector("button[name=send]").focus();
    }
  }

  form.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && !event.isComposing && fields.includes(event.target)) {
      event.preventDefault();
      goOn(event.target);
    }
  });

  form.addEventListener("paste", function (event) {
    if (!fields.includes(event.target)) return;
    const lines = event.clipboardData.getData("text").split(/\r?\n/).map((line) => line.trim());
    while (lines.length && !lines[lines.length - 1]) lines.pop();
    if (lines.length < 2) return;
    event.preventDefault();
    const first = fields.indexOf(event.target);
    const left = lines.slice(fields.length - first);
    lines.slice(0, fields.length - first).forEach(function (line, place) {
      fields[first + place].value = line;
    });
    if (left.length) {
      const box = form.querySelector("textarea[name=numbers]");
      box.value = left.join("\n");
      box.focus();
    } else {
      goOn(fields[first + lines.length - 1]);
    }
  });
})();
