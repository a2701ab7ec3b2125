// A number field grows a minus and a plus.
const button = (sign, label, step, field) => {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "icon-button";
  one.textContent = sign;
  one.ariaLabel = label;
  one.addEventListener("click", () => {
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
};
document.addEventListener("htmx:load", grow);
grow();
