// Lets a session be dragged to another day and hour, or moved by the keyboard; what it does is for the preview to say.
// Times are the cohort's wall time: they are reckoned with as if they were UTC, so that no clock here can shift them.

const line = document.querySelector("[data-timeline][data-preview]");
const bar = document.querySelector("[data-pending]");
const MINUTE = 60000;
const QUARTER = 15;
const DAY = 1440;
const MARGIN = 0.3; // the upper and lower part of a day in which a dragged session changes its hour
const PIXELS_A_STEP = 5;
const EDGE = 48; // pixels
const FAR = 6; // pixels that make a drag of a press

let moving = null;

const parse = (wall) => new Date(`${wall}:00Z`);
const write = (moment) => moment.toISOString().slice(0, 16);
const words = (moment) =>
  moment.toLocaleString("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" }) +
  `, ${moment.getUTCHours() % 12 || 12}:${String(moment.getUTCMinutes()).padStart(2, "0")} ${moment.getUTCHours() < 12 ? "am" : "pm"}`;

function begin(link) {
  if (moving?.link === link) return;
  if (moving) putBack();
  const chip = link.closest(".chip");
  moving = { link, chip, home: chip.parentElement, before: chip.nextElementSibling, from: parse(link.dataset.wall), to: parse(link.dataset.wall) };
  chip.classList.add("chip-moving");
}

function show() {
  const { link, chip, to } = moving;
  const chips = line.querySelector(`[data-day="${write(to).slice(0, 10)}"] .chips`);
  if (chips && chips !== chip.parentElement) {
    const focused = document.activeElement === link;
    chips.append(chip);
    if (focused) link.focus({ preventScroll: true });
  }
  chip.querySelector("time").textContent = words(to).split(", ").pop();
  bar.querySelector("[data-pending-title]").textContent = `Move “${link.dataset.title}”`;
  bar.querySelector("[data-pending-when]").textContent = `to ${words(to)}`;
  bar.querySelector("[data-pending-go]").href = address();
  bar.hidden = false;
  chip.scrollIntoView({ block: "center", inline: "nearest" });
}

function address() {
  const [day, hour] = write(moving.to).split("T");
  const query = new URLSearchParams({ what: "move", key: moving.link.dataset.session, day, hour, minutes: moving.link.dataset.minutes, scope: "this" });
  return `${line.dataset.preview}?${query}`;
}

function step(minutes) {
  moving.to = new Date(moving.to.getTime() + minutes * MINUTE);
  show();
}

function putBack() {
  const { link, chip, home, before, from } = moving;
  home.insertBefore(chip, before);
  chip.classList.remove("chip-moving");
  chip.querySelector("time").textContent = words(from).split(", ").pop();
  bar.hidden = true;
  moving = null;
  link.focus();
}

const STEPS = { ArrowUp: -DAY, ArrowDown: DAY, ArrowLeft: -QUARTER, ArrowRight: QUARTER };

function onKey(event) {
  const link = event.target.closest("[data-session]");
  if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key in STEPS) {
    begin(link);
    step(STEPS[event.key] * (event.shiftKey && Math.abs(STEPS[event.key]) === DAY ? 7 : 1));
  } else if (moving?.link === link && event.key === "Enter") location.assign(address());
  else if (moving && event.key === "Escape") putBack();
  else return;
  event.preventDefault();
}

// Where in a day the pointer is: in its middle the hour stays, above it is earlier, below it is later.
function hourShift(day, y) {
  const box = day.getBoundingClientRect();
  const upper = box.top + box.height * MARGIN;
  const lower = box.bottom - box.height * MARGIN;
  if (y < upper) return -Math.ceil((upper - y) / PIXELS_A_STEP) * QUARTER;
  if (y > lower) return Math.ceil((y - lower) / PIXELS_A_STEP) * QUARTER;
  return 0;
}

// At its left or right end the line of weeks moves under the pointer.
function scrollAlong(x) {
  const wrap = line.parentElement;
  const { left, right } = wrap.getBoundingClientRect();
  if (x > right - EDGE) wrap.scrollLeft += EDGE / 4;
  if (x < left + EDGE) wrap.scrollLeft -= EDGE / 4;
}

function onPress(event) {
  const link = event.target.closest("[data-session]");
  if (!link || event.button !== 0 || event.pointerType === "touch") return;
  const start = { x: event.clientX, y: event.clientY };
  let dragged = false;
  let target = null;
  const move = (now) => {
    if (!dragged && Math.hypot(now.clientX - start.x, now.clientY - start.y) < FAR) return;
    if (!dragged) {
      dragged = true;
      begin(link);
      document.body.classList.add("dragging");
    }
    scrollAlong(now.clientX);
    const day = document.elementsFromPoint(now.clientX, now.clientY).map((one) => one.closest(".day")).find(Boolean);
    if (!day) return;
    target?.classList.remove("day-target");
    target = day;
    day.classList.add("day-target");
    const clock = write(moving.from).slice(10);
    moving.to = new Date(parse(day.dataset.day + clock).getTime() + hourShift(day, now.clientY) * MINUTE);
    bar.hidden = false;
    bar.querySelector("[data-pending-title]").textContent = `Move “${link.dataset.title}”`;
    bar.querySelector("[data-pending-when]").textContent = `to ${words(moving.to)}`;
  };
  const end = (now) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    document.body.classList.remove("dragging");
    target?.classList.remove("day-target");
    if (!dragged) return;
    if (now.type === "pointercancel") putBack();
    else show();
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

if (line && bar) {
  document.querySelector("#timeline-hint").hidden = false;
  line.addEventListener("keydown", onKey);
  line.addEventListener("pointerdown", onPress);
  line.addEventListener("dragstart", (event) => event.preventDefault());
  line.addEventListener("click", (event) => {
    // A session that is on its way does not open its form.
    if (moving && event.target.closest("[data-session]") === moving.link) event.preventDefault();
  });
  bar.addEventListener("click", ({ target }) => {
    if (target.dataset.step) step(Number(target.dataset.step));
    if ("pendingCancel" in target.dataset) putBack();
  });
  bar.addEventListener("keydown", (event) => event.key === "Escape" && putBack());
}

// A cohort that runs already opens where it is now.
const current = document.querySelector(".week-now");
const wrap = document.querySelector(".weeks-wrap");
if (current && wrap) wrap.scrollLeft = Math.max(0, current.offsetLeft - wrap.offsetLeft - current.offsetWidth / 2);
