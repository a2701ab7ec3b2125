// Paying inside WeChat: its browser has a bridge that takes what the shop signed. The bridge's answer is shown and proves nothing: whether money came is what WeChat Pay tells the shop, which the page keeps asking for.
const TAKEN = ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"];
const button = document.querySelector("[data-wechat-pay]");
const told = document.getElementById("wechat-told");

const show = (answer) => {
  const end = String(answer?.err_msg ?? "").split(":").pop(); // get_brand_wcpay_request:ok, :cancel or :fail and why
  told.textContent = told.dataset[end] ?? told.dataset.fail;
  button.removeAttribute("aria-busy");
  button.hidden = end === "ok"; // a second payment would be sent back
};

const pay = () => {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  told.textContent = "";
  const order = Object.fromEntries(TAKEN.map((name) => [name, button.dataset[name]]));
  window.WeixinJSBridge.invoke("getBrandWCPayRequest", order, show);
};

const wake = () => { button.hidden = false; };

button?.addEventListener("click", pay);
if (button && window.WeixinJSBridge) wake();
else if (button) document.addEventListener("WeixinJSBridgeReady", wake, { once: true });
