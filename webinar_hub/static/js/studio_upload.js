// Files are on their way as soon as they are dropped or chosen, one after another, each with its progress.
// Without this the form sends them all at once when its button is pressed.

const PATIENCE = 60_000;

function prepare() {
  for (const part of document.querySelectorAll("[data-only-with-script]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-only-without-script]")) part.hidden = true;
}

function line(form, file) {
  const item = document.createElement("li");
  const name = Object.assign(document.createElement("span"), { className: "upload-name", textContent: file.name });
  const share = Object.assign(document.createElement("span"), { className: "soft", textContent: "waits" });
  const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  bar.setAttribute("aria-label", `${file.name} on its way`);
  item.append(name, share, bar);
  form.querySelector(".upload-list").append(item);
  return { item, share, bar };
}

function end(shown, kind, words) {
  const said = Object.assign(document.createElement("p"), { textContent: words });
  shown.item.className = kind;
  shown.bar.remove();
  shown.share.textContent = "";
  shown.item.append(said);
}

function send(form, file, shown) {
  const { upload, token, limit } = form.dataset;
  if (file.size > Number(limit)) return Promise.reject(new Error(`It is larger than ${Math.round(limit / 1e6)} MB, so it was not sent.`));
  if (!file.size) return Promise.reject(new Error("The file is empty, or it is a folder."));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = document.createElement("button");
    Object.assign(stop, { type: "button", className: "linkish", textContent: "Stop" });
    stop.addEventListener("click", () => request.abort());
    shown.item.insertBefore(stop, shown.bar);
    let heard = Date.now();
    const watch = setInterval(() => { if (Date.now() - heard > PATIENCE) request.abort(); }, 5000);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      heard = Date.now();
      const percent = Math.floor((100 * loaded) / total);
      shown.bar.value = percent;
      shown.share.textContent = percent < 100 ? `${percent} %` : "being kept";
    });
    request.addEventListener("loadend", () => { clearInterval(watch); stop.remove(); });
    request.addEventListener("load", () => {
      const { message = "" } = request.response ?? {};
      if (request.status === 200) resolve(message);
      else reject(new Error(message || "That did not work. Load the page again, then try once more."));
    });
    request.addEventListener("error", () => reject(new Error("The connection broke. Nothing was kept: try again.")));
    request.addEventListener("abort", () => reject(new Error("Stopped. Nothing was kept.")));
    request.open("POST", `${upload}${upload.includes("?") ? "&" : "?"}name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(file);
  });
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const fresh = page.getElementById(old.id);
    if (fresh) old.replaceWith(document.adoptNode(fresh));
  }
  prepare();
  document.dispatchEvent(new Event("studio:refreshed"));
}

const queues = new WeakMap();

async function take(form, files) {
  const waiting = [...files].map((file) => [file, line(form, file)]);
  const before = queues.get(form) ?? Promise.resolve();
  const mine = before.then(async () => {
    const status = form.querySelector("[data-upload-status]");
    let kept = 0;
    for (const [file, shown] of waiting) {
      try {
        end(shown, "upload-done", await send(form, file, shown));
        kept += 1;
      } catch (problem) {
        end(shown, "upload-failed", problem.message);
      }
      status.textContent = `${file.name}: ${shown.item.lastChild.textContent}`;
    }
    if (kept) await refresh();
  });
  queues.set(form, mine);
}

function zone(event) {
  return event.target instanceof Element && event.dataTransfer?.types.includes("Files")
    ? event.target.closest("[data-upload]") : null;
}

document.addEventListener("change", ({ target }) => {
  const form = target.matches?.("[data-upload] input[type=file]") && target.closest("form");
  if (!form || !target.files.length) return;
  take(form, target.files);
  target.value = "";
});

document.addEventListener("dragover", (event) => {
  const form = zone(event);
  for (const one of document.querySelectorAll(".is-over")) if (one !== form) one.classList.remove("is-over");
  // A file that misses must not replace the page.
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  form?.classList.add("is-over");
});

document.addEventListener("dragleave", (event) => {
  const form = zone(event);
  if (form && !form.contains(event.relatedTarget)) form.classList.remove("is-over");
});

document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  const form = zone(event);
  form?.classList.remove("is-over");
  if (form) take(form, form.querySelector("input[type=file]").multiple ? event.dataTransfer.files : [...event.dataTransfer.files].slice(0, 1));
});

prepare();
