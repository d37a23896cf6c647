// Shows a mail while it is being written: the form is sent to its preview frame and to its checks a moment after a key.

const PAUSE = 500;

for (const form of document.querySelectorAll("form[data-preview]")) {
  let waiting;
  let asked = 0;

  const show = () => {
    // A new frame each time: what is loaded into one a second time would be a step for the back button.
    const frame = document.querySelector("iframe[name=mail]");
    frame.replaceWith(frame.cloneNode());
    form.requestSubmit(form.querySelector("button[formtarget]"));
    check();
  };

  const check = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form) });
      if (answer.ok && mine === asked) document.getElementById("check").innerHTML = await answer.text();
    } catch {
      // Without a connection the page stays as it is; saving will say so.
    }
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE);
  });
  show();
}
