// This browser may show the shop's notices once its owner allowed it; the button is there only where it can.
const box = document.querySelector("[data-push-key]");
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const say = (name) => box.querySelectorAll("[data-said]").forEach((line) => { line.hidden = line.dataset.said !== name; });

const tell = (said) => fetch(box.action, { method: "POST", body: new URLSearchParams({ ...said, csrfmiddlewaretoken: box.elements.csrfmiddlewaretoken.value }) });

const allow = async () => {
  if (await Notification.requestPermission() !== "granted") { say("refused"); return; }
  const worker = await navigator.serviceWorker.register(box.dataset.worker);
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(box.dataset.pushKey) });
  const { endpoint, keys } = subscription.toJSON();
  const answer = await tell({ endpoint, p256dh: keys.p256dh, auth: keys.auth });
  say(answer.ok ? "done" : "failed");
};

if (box && "serviceWorker" in navigator && "PushManager" in window) {
  box.hidden = false;
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    allow().catch(() => say("failed"));
  });
}
