// A product's pictures in large: buttons and arrow keys leaf through them, Escape closes. Pinching is
// the browser's. Without this each picture is a link to itself.
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
