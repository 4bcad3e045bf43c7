"use strict";
(function () {
  document.documentElement.classList.add("js");
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, value) => button.setAttribute("aria-pressed", String(value));

  // A link to something inside a closed fold opens the fold.
  function reveal() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") each.open = true;
      each.hidden = false;
    }
    target.scrollIntoView({ block: "start" });
  }
  addEventListener("hashchange", reveal);

  const levels = all("button[data-level]");
  const senders = all("button[data-sender]");
  const failing = document.querySelector("button[data-only]");
  const ue = document.getElementById("ue");
  const cards = all(".card");
  const status = document.getElementById("found");

  function shows(card) {
    const wanted = (buttons, name) =>
      buttons.some((each) => pressed(each) && each.dataset[name] === card.dataset[name]);
    const fails = card.dataset.level === "must" && card.dataset.sender === "ue";
    return (
      wanted(levels, "level") &&
      wanted(senders, "sender") &&
      (!pressed(failing) || fails) &&
      (!ue || !ue.value || ue.value === card.dataset.ue)
    );
  }

  function filter() {
    let count = 0;
    for (const card of cards) {
      card.hidden = !shows(card);
      if (!card.hidden) count += 1;
    }
    if (status) status.textContent = count + " of " + cards.length + " shown";
  }

  for (const button of [...levels, ...senders, failing]) {
    if (!button) continue;
    button.addEventListener("click", () => {
      press(button, !pressed(button));
      filter();
    });
  }
  if (ue) {
    ue.addEventListener("change", () => {
      for (const each of all("[data-ue]:not(.card)")) {
        each.hidden = Boolean(ue.value) && each.dataset.ue !== ue.value;
      }
      filter();
    });
  }
  if (cards.length) filter();

  const ladder = {
    open: () => all(".msg:not([hidden])").slice(0, 200).forEach((each) => (each.open = true)),
    close: () => all(".msg").forEach((each) => (each.open = false)),
    found: (button) => {
      press(button, !pressed(button));
      all(".msg:not(.found)").forEach((each) => (each.hidden = pressed(button)));
    },
  };
  for (const button of all("button[data-ladder]")) {
    button.addEventListener("click", () => ladder[button.dataset.ladder](button));
  }

  // A body on one long line is easier to read indented; as text, so that nothing in it is run.
  function indented(xml) {
    let depth = 0;
    const pieces = xml.replace(/>\s+</g, "><").split(/(?<=>)(?=<)/);
    return pieces.map((piece) => {
      if (piece.startsWith("</")) depth = Math.max(0, depth - 1);
      const line = "  ".repeat(depth) + piece;
      const opens = /^<[^!?/]/.test(piece) && !piece.endsWith("/>") && !piece.includes("</");
      if (opens) depth = Math.min(40, depth + 1);
      return line;
    }).join("\n");
  }

  function offerIndent(wire) {
    const xml = Array.from(wire.querySelectorAll(".in-body code"), (each) => each.textContent).join("\n");
    if (wire.dataset.seen || !/^\s*</.test(xml)) return;
    wire.dataset.seen = "1";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Body indented";
    button.setAttribute("aria-pressed", "false");
    const tools = document.createElement("div");
    tools.className = "tools indent";
    tools.append(button);
    const pretty = document.createElement("pre");
    pretty.className = "wire pretty";
    pretty.tabIndex = 0;
    pretty.hidden = true;
    wire.before(tools);
    wire.after(pretty);
    button.addEventListener("click", () => {
      press(button, !pressed(button));
      if (!pretty.textContent) pretty.textContent = indented(xml);
      pretty.hidden = !pressed(button);
      wire.hidden = pressed(button);
    });
  }
  for (const fold of all("details")) {
    fold.addEventListener("toggle", () => fold.querySelectorAll(":scope .wire").forEach(offerIndent));
  }

  const search = document.getElementById("check-filter");
  if (search) {
    const rows = all(".checks tbody tr").map((row) => [row, row.textContent.toLowerCase()]);
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      for (const [row, text] of rows) row.hidden = !text.includes(wanted);
    });
  }
  reveal();
})();
