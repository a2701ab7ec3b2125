// The number beside the basket, where a member's page does not know it yet: asked for once.
const link = document.getElementById("basket-link");
if (link && link.dataset.basket === "" && link.dataset.ask) {
  fetch(link.dataset.ask, { headers: { Accept: "application/json" }, redirect: "error" })
    .then((answer) => (answer.ok ? answer.json() : { pieces: "" }))
    .then(({ pieces }) => { link.dataset.basket = pieces; })
    .catch(() => {}); // away, or signed out meanwhile: there is no number, and the link leads on
}
