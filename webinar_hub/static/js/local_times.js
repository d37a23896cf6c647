// Adds to every <time data-zone> what it is on the reader's own clock, unless both clocks show the same.
// The words follow webinar_hub/documents/when.py.

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const { locale = "en", forYou = "{} for you" } = document.body.dataset;

function wall(moment, timeZone) {
  if (!locale.startsWith("en")) {
    const as = (form) => new Intl.DateTimeFormat(locale, { timeZone, ...form }).format(moment);
    return { day: as({ weekday: "short", day: "numeric", month: "long" }), clock: as({ timeStyle: "short" }) };
  }
  const form = new Intl.DateTimeFormat("en-US", {
    timeZone, weekday: "short", day: "numeric", month: "long", hour: "numeric", minute: "2-digit", hour12: true,
  });
  const part = Object.fromEntries(form.formatToParts(moment).map(({ type, value }) => [type, value]));
  return {
    day: `${part.weekday} ${part.day} ${part.month}`,
    clock: `${part.hour}:${part.minute} ${part.dayPeriod.toLowerCase()}`,
  };
}

for (const time of document.querySelectorAll("time[data-zone]")) {
  try {
    const moment = new Date(time.dateTime);
    const home = wall(moment, time.dataset.zone);
    const here = wall(moment, own);
    if (home.day === here.day && home.clock === here.clock) continue;
    const line = document.createElement("span");
    line.className = "local-time";
    line.textContent = forYou.replace("{}", `${home.day === here.day ? "" : `${here.day}, `}${here.clock}`);
    time.append(line);
  } catch {
    // A zone this browser does not know: the line from the server says enough.
  }
}
