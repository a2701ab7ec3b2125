// Small comforts. Every page works without them. scripts/javascript.py writes shop.js of these.
import "./menus.js";
import "./toasts.js";
import "./stepper.js";
import "./countdown.js";
import "./theme.js";
import "./sharing.js";
import "./troubles.js";
import "./sending.js";
import "./suggesting.js";
import "./waking.js";
import "./basket.js";
import "./gallery.js";
import "./counting.js";
