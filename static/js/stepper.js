// A number field grows a minus and a plus. Where htmx brings the field anew, whoever pressed one of
// them finds the focus on its successor.
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
