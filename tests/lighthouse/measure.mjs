// node measure.mjs URL COOKIES: Lighthouse's report of one cold visit on a phone, as JSON.
// COOKIES is a JSON list of {name, value, domain}; CHROME_PATH names the browser.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const TRIES = 5; // a trace may lack its beginning (NO_NAVSTART): "please run Lighthouse again"
const COUNTED = ["performance", "accessibility", "best-practices", "seo"];
const [url, cookies] = process.argv.slice(2);

const chrome = await launch({
  chromeFlags: ["--headless", "--no-sandbox", "--disable-dev-shm-usage"],
});
try {
  // real ones: a Cookie among extra headers does not reach all that a page asks for
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
  await browser.setCookie(...JSON.parse(cookies));
  await browser.disconnect();
  const how = { onlyCategories: COUNTED, throttlingMethod: "simulate", logLevel: "error" };
  let report;
  for (let tries = 0; tries < TRIES; tries++) {
    report = (await lighthouse(url, { ...how, port: chrome.port })).lhr;
    if (report.categories.performance.score !== null) break;
  }
  process.stdout.write(JSON.stringify(report));
} finally {
  chrome.kill();
}
