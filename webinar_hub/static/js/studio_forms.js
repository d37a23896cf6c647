// Makes the studio's forms kinder: rows come and go without a page load, Markdown shows as it will look, and what
// is typed is kept as a draft. Without this script buttons do the first two, and nothing is lost that was sent.

const PAUSE = 1500; // milliseconds of rest before a draft is kept
const AGAIN = 10000; // milliseconds until it is tried again on a lost line

const rested = (milliseconds, work) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, milliseconds);
  };
};

for (const form of document.querySelectorAll("form[data-draft], form[data-grows]")) {
  if (form.dataset.draft) {
    keepDraft(form);
    showMarkdown(form);
  }
  addRows(form);
}

function keepDraft(form) {
  const line = form.querySelector("[data-kept]");
  let untold = false;
  let left = false;

  const keep = async () => {
    if (left) return;
    const body = new URLSearchParams(new FormData(form));
    body.set("form", form.dataset.draft);
    untold = true;
    try {
      const answer = await fetch(form.dataset.draftTo, { method: "POST", body, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      untold = false;
      const at = new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
      line.textContent = `Draft kept at ${at}. Not saved yet.`;
    } catch {
      line.textContent = "No connection right now. What you typed is still here; it is tried again.";
      setTimeout(keep, AGAIN);
    }
  };
  form.addEventListener("input", rested(PAUSE, keep));
  form.addEventListener("submit", () => { left = true; });
  addEventListener("pageshow", () => { left = false; });
  addEventListener("online", () => { if (untold) keep(); });
}

function showMarkdown(form) {
  for (const area of form.querySelectorAll("textarea[data-preview]")) {
    const shown = document.getElementById(area.dataset.preview);
    const show = async () => {
      const token = form.querySelector("[name=csrf_token]").value;
      const body = new URLSearchParams({ text: area.value, csrf_token: token });
      const answer = await fetch(form.dataset.previewTo, { method: "POST", body }).catch(() => null);
      // The server has cleaned it, by the same code that writes the public page.
      if (answer?.ok) shown.innerHTML = await answer.text();
    };
    area.addEventListener("input", rested(300, show));
  }
}

function addRows(form) {
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-add], button[data-remove]");
    if (!button) return;
    const rows = button.dataset.add
      ? form.querySelector(`[data-rows="${button.dataset.add}"]`)
      : button.closest("[data-rows]");
    const last = rows?.querySelector("[data-row]:last-child");
    // Without a row to copy the server makes one.
    if (!last) return;
    event.preventDefault();
    if (button.dataset.add) add(rows, last);
    else remove(rows, button.closest("[data-row]"));
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function add(rows, last) {
  const name = rows.dataset.rows;
  const used = [...rows.querySelectorAll("[name]")].map((one) => Number(one.name.slice(name.length + 1).match(/^\d+/)?.[0] ?? -1));
  const next = Math.max(-1, ...used) + 1;
  const row = last.cloneNode(true);
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const attribute of ["id", "name", "for", "aria-describedby", "value"]) {
      const value = element.getAttribute(attribute);
      if (value?.includes(`${name}-`)) element.setAttribute(attribute, value.replace(new RegExp(`${name}-\\d+`, "g"), `${name}-${next}`));
    }
  }
  for (const field of row.querySelectorAll("input, textarea, select")) empty(field);
  for (const error of row.querySelectorAll(".error")) error.remove();
  for (const wrong of row.querySelectorAll(".field-wrong")) wrong.classList.remove("field-wrong");
  rows.append(row);
  row.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}

function remove(rows, row) {
  if (rows.querySelectorAll("[data-row]").length > 1) {
    const near = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    near.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  } else {
    for (const field of row.querySelectorAll("input, textarea, select")) empty(field);
    row.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  }
}

function empty(field) {
  if (field.type === "checkbox") field.checked = false;
  else if (field.tagName === "SELECT") field.selectedIndex = 0;
  else field.value = "";
  field.removeAttribute("aria-invalid");
}
