// Makes forms quicker: the reader's own zone is chosen, a list of errors is read out, one press sends once.

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const list of document.querySelectorAll("select[data-detect-zone]")) {
  if (!own) continue;
  // Browsers may use an older name of a zone, which the server knows as well.
  if (![...list.options].some(({ value }) => value === own)) {
    list.add(new Option(own.split("/").pop().replaceAll("_", " "), own), 0);
  }
  list.value = own;
}

document.querySelector("[data-take-focus]")?.focus();

for (const form of document.querySelectorAll("form[data-send-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // Coming back by the back button, the form can be sent again.
  addEventListener("pageshow", () => { sent = false; });
}
