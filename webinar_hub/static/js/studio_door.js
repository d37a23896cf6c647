// A password may be looked at while it is typed: a button beside the field says so.

for (const field of document.querySelectorAll("input[data-may-be-shown]")) {
  const around = document.createElement("div");
  around.className = "shown";
  field.replaceWith(around);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  const label = document.querySelector(`label[for="${field.id}"]`)?.textContent ?? "password";
  const say = () => {
    const hidden = field.type === "password";
    button.textContent = hidden ? "Show" : "Hide";
    button.setAttribute("aria-label", `${button.textContent}: ${label}`);
  };
  button.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    say();
  });
  say();
  around.append(field, button);
  // What can be read over a shoulder is hidden again before it is sent.
  field.form?.addEventListener("submit", () => { field.type = "password"; });
}
