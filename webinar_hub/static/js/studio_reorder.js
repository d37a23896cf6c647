// Lets the materials of a bonus be dragged into another order; the buttons beside them do the same by keyboard.

let dragged = null;

function prepare() {
  for (const list of document.querySelectorAll("[data-order]")) {
    if (list.children.length > 1) for (const item of list.children) item.draggable = true;
  }
}

const order = (list) => [...list.children].map((item) => item.dataset.id).join(",");

async function keep(list, before) {
  if (order(list) === before) return;
  const body = new URLSearchParams({ order: order(list), csrf_token: list.dataset.token });
  try {
    const answer = await fetch(list.dataset.order, { method: "POST", body });
    if (answer.ok) return;
  } catch {
    // The page below says how it is.
  }
  location.reload();
}

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("[data-order] > li");
  if (!item) return;
  dragged = { item, list: item.parentElement, before: order(item.parentElement) };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", item.dataset.id);
  item.classList.add("is-dragged");
});

document.addEventListener("dragover", (event) => {
  if (!dragged || !dragged.list.contains(event.target)) return;
  event.preventDefault();
  const over = event.target.closest("li");
  if (!over || over === dragged.item) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged.item);
  else over.after(dragged.item);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

document.addEventListener("dragend", () => {
  if (!dragged) return;
  const { item, list, before } = dragged;
  dragged = null;
  item.classList.remove("is-dragged");
  keep(list, before);
});

document.addEventListener("studio:refreshed", prepare);
prepare();
