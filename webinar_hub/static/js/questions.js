// Shows a question only where the answer it depends on is given; without this the page says for whom each one is.

for (const form of document.querySelectorAll("form")) {
  const parts = [...form.querySelectorAll("[data-shown-if]")];
  if (!parts.length) continue;
  for (const line of form.querySelectorAll("[data-for-whom]")) line.hidden = true;

  // What is hidden is not answered, as the server sees it as well.
  const answers = (name) => [...form.elements]
    .filter((field) => field.name === name && (field.type === "hidden" || !field.closest("[hidden]")))
    .filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked)
    .map((field) => field.value);

  const holds = ({ of, is }) => {
    const given = answers(of);
    return is.some((value) => given.includes(value)) || (of === "credit" && is.includes("no") && !given.includes("yes"));
  };

  // From top to bottom, as a question depends on earlier ones only.
  const update = () => {
    for (const part of parts) part.hidden = !JSON.parse(part.dataset.shownIf).every(holds);
  };
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  addEventListener("pageshow", update);
  update();
}
