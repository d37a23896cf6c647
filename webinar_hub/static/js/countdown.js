// Counts down to each [data-countdown]; with data-reload the page is loaded again at zero, when the server lets her in.
// data-seconds, where given, is how far it is by the server's clock, which a wrong clock here cannot disturb.
// The demo's clock runs ahead of the reader's: there the page says in data-now what time it was made at.

const loaded = Date.now();
const ahead = document.body.dataset.now ? Date.parse(document.body.dataset.now) - loaded : 0;
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const { locale = "en", in: inTime = "in {}" } = document.body.dataset;

function inWords(seconds) {
  const first = units.findIndex(([, size]) => seconds >= size);
  let rest = seconds;
  const shown = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    const words = new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "long", useGrouping: false });
    return count ? words.format(count) : "";
  });
  return shown.filter(Boolean).join(" ");
}

function start(place) {
  const { seconds, countdown } = place.dataset;
  const end = seconds ? loaded + Number(seconds) * 1000 : Date.parse(countdown) - ahead;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0) {
      place.textContent = inTime.replace("{}", inWords(left));
      place.hidden = false;
      // Below an hour every second counts, above it every minute does.
      setTimeout(tick, left > 3700 ? 30000 : 1000);
    } else {
      place.hidden = true;
      if ("reload" in place.dataset) setTimeout(() => location.reload(), 800);
    }
  };
  tick();
}

document.querySelectorAll("[data-countdown]").forEach(start);
