// While many robots are at the form, the browser does a sum for it (ALTCHA): it begins when the page is open, and a
// press of the button waits for its end. Without it the form works all the same, see sign_up_boxes.html.

const box = document.querySelector("[data-work]");
const form = box?.closest("form");

if (form && crypto.subtle && window.Worker) begin();

async function begin() {
  const { work, library, worker, doing, done, failed } = box.dataset;
  const says = box.querySelector("[data-work-says]");
  const answer = Object.assign(document.createElement("input"), { type: "hidden", name: "altcha" });
  let pressed = false;
  let over = false;
  // Before forms.js, which would take the second press for one too many.
  addEventListener("submit", (event) => {
    if (event.target !== form || over) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    pressed = true;
  }, true);
  // A page that comes back by the back button holds an answer that was used.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });
  says.textContent = doing;
  try {
    answer.value = await workedOut(work, library, worker);
    form.append(answer);
    says.textContent = done;
  } catch {
    says.textContent = failed;
  }
  over = true;
  if (pressed) form.requestSubmit();
}

async function workedOut(work, library, worker) {
  const [{ solveChallengeWorkers }, asked] = await Promise.all([import(library), fetch(work)]);
  if (!asked.ok) throw new Error(asked.statusText);
  const challenge = await asked.json();
  const concurrency = Math.min(navigator.hardwareConcurrency || 2, 4);
  const createWorker = () => new Worker(worker);
  const solution = await solveChallengeWorkers({ challenge, concurrency, createWorker, timeout: 90_000 });
  if (!solution) throw new Error("no solution in time");
  return btoa(JSON.stringify({ challenge, solution }));
}
