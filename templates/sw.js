// A page that cannot be reached is answered with the one that says so; everything else is the network's.
const PAGE = "{% url 'offline' %}";
const KEPT = "offline-1";
// The shop asks how a browser opened a shared link (marketing/share_views.py), which a request of
// this worker does not tell: the browser opens those itself.
const SHARED = "/s/";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.add(PAGE)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name !== KEPT));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))));
});
self.addEventListener("fetch", (event) => {
  const { mode, url } = event.request;
  if (mode !== "navigate" || new URL(url).pathname.startsWith(SHARED)) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
});
