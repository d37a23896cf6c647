// Hides the bar at the bottom of a phone while the card it repeats is on the screen itself.

for (const bar of document.querySelectorAll("[data-hide-while]")) {
  const card = document.getElementById(bar.dataset.hideWhile);
  new IntersectionObserver(([entry]) => { bar.hidden = entry.isIntersecting; }, { threshold: 0.4 }).observe(card);
}
