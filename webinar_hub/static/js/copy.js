// Shows the buttons that copy a field, where the browser allows it.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  if (!navigator.clipboard || !field) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.copied ?? "Copied";
      setTimeout(() => { button.textContent = words; }, 2500);
    } catch {
      field.focus();
      field.select();
    }
  });
}
