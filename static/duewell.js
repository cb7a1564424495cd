// What a page cannot do without a script: send a form once, keep the reader's place, say when a request failed.
(() => {
  const free = (form) => form.removeAttribute("data-sent");

  // A second click while the first is on its way is dropped. After ten seconds the form is free again:
  // the answer may have been a download or a lost connection, and each form carries its own idempotency key.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method")?.toLowerCase() !== "post" || event.submitter?.formTarget) return;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("data-sent", "");
    setTimeout(free, 10000, form);
  }, true);

  // Back from the next page the browser shows this one as it was left.
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));

  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.request.form) free(ctx.request.form);
  });

  // A boosted page replaces the body, so the reader starts at its heading, or at what went wrong.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.target !== document.body) return;
    (document.querySelector("main [autofocus]") ?? document.querySelector("main h1"))?.focus();
  });

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.response?.status < 400) document.getElementById("trouble")?.replaceChildren();
  });

  // A number and its slider are one value: whichever is moved takes the other along.
  document.addEventListener("input", ({ target }) => {
    const other = document.getElementById(target.dataset?.twin ?? "");
    if (other && other.value !== target.value) other.value = target.value;
  }, true);

  // A card dragged to a column presses the button that would move it there; without such a button nothing happens.
  let dragged = null;
  const wayTo = (card, column) => [...card.querySelectorAll("form, a[data-state]")].find((way) =>
    column.dataset.column === (way.dataset.state ?? way.querySelector("[name=state]")?.value));
  const columnAt = (event) => dragged && event.target.closest?.("[data-column]");
  const unmark = () => document.querySelectorAll(".over").forEach((column) => column.classList.remove("over"));
  document.addEventListener("dragstart", ({ target, dataTransfer }) => {
    dragged = target.closest?.("[data-card]") ?? null;
    if (dragged) dataTransfer.setData("text/plain", "");
  });
  document.addEventListener("dragover", (event) => {
    const column = columnAt(event);
    unmark();
    if (!column || !wayTo(dragged, column)) return;
    column.classList.add("over");
    event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const column = columnAt(event), way = column && wayTo(dragged, column);
    if (!way) return;
    event.preventDefault();
    way.matches("form") ? way.requestSubmit() : way.click();
  });
  document.addEventListener("dragend", () => {
    dragged = null;
    unmark();
  });

  // htmx leaves the page alone when the server or the connection fails; silence would look like a dead button.
  const sayTrouble = ({ detail: { ctx } }) => {
    const words = document.getElementById("trouble-words");
    if (!words || !ctx.sourceEvent?.isTrusted) return; // A poll that fails tries again by itself.
    document.getElementById("trouble").replaceChildren(words.content.cloneNode(true));
  };
  document.addEventListener("htmx:error", sayTrouble);
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.status >= 500) sayTrouble(event);
  });
})();
