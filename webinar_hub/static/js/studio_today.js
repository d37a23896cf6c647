// Asks for what needs her again every 30 seconds, while somebody looks at the page and is not in the middle of it.
const live = document.getElementById("live");

setInterval(() => {
  if (document.visibilityState === "visible" && !live.contains(document.activeElement)) {
    live.dispatchEvent(new CustomEvent("refresh"));
  }
}, 30000);
