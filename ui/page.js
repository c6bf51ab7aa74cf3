// What plain HTML inside the chat cannot do alone: its buttons and chips speak to Gradio through hidden boxes.
// No dependency, no network, no inline code (the page's policy forbids it).
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);

  // Put text into a Gradio textbox as typing would, then press a button.
  function send(boxId, text, buttonId) {
    const box = $(`#${boxId} textarea, #${boxId} input`);
    const button = $(`#${buttonId}`);
    if (!box || !button) return;
    const kind = box.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => (button.tagName === "BUTTON" ? button : $("button", button))?.click(), 40);
  }

  // ---- the reading's chips
  function apply(reading) {
    const values = {};
    reading.querySelectorAll(".mk-chip select, .mk-chip input").forEach((control) => {
      values[control.name] = control.value;
    });
    reading.classList.add("sent");
    send("mk-edit", JSON.stringify({ turn: Number(reading.id.split("-")[1]), values }), "mk-edit-go");
  }

  function fit(control) {
    if (control.tagName === "INPUT") control.size = Math.min(Math.max(control.value.length + 1, 4), 28);
  }

  function drop(chip) {
    const control = $("select, input", chip);
    control.value = "";
    chip.classList.add("off");
    const reading = chip.closest(".mk-reading");
    reading.classList.add("dirty");
    const adder = $(".mk-add", reading);
    if (adder && ![...adder.options].some((option) => option.value === control.name)) {
      adder.add(new Option($("label", chip).textContent, control.name));
    }
  }

  function reveal(adder) {
    const reading = adder.closest(".mk-reading");
    const control = reading.querySelector(`[name="${CSS.escape(adder.value)}"]`);
    adder.selectedIndex = 0;
    if (!control) return;
    control.closest(".mk-chip").classList.remove("off");
    control.focus();
  }

  // ---- clicks
  const clicks = {
    "mk-ask": (button) => send("mk-question", button.value, "mk-send"),
    "mk-apply": (button) => apply(button.closest(".mk-reading")),
    "mk-drop": (button) => drop(button.closest(".mk-chip")),
    "mk-delete": (button) => {
      if (window.confirm(button.title)) send("mk-delete-name", button.value, "mk-delete-go");
    },
    "mk-copy": copy,
    "mk-theme": () => theme(document.body.classList.contains("dark") ? "light" : "dark"),
  };

  document.addEventListener("click", (event) => {
    const cite = event.target.closest("a.mk-cite");
    if (cite) {
      event.preventDefault();
      open(cite.getAttribute("href").slice(1));
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    for (const [name, act] of Object.entries(clicks)) if (button.classList.contains(name)) act(button);
  });

  document.addEventListener("input", (event) => {
    const reading = event.target.closest?.(".mk-reading");
    if (!reading) return;
    if (event.target.classList.contains("mk-add")) reveal(event.target);
    else {
      reading.classList.add("dirty");
      fit(event.target);
    }
  });

  document.addEventListener("keydown", (event) => {
    const reading = event.target.closest?.(".mk-reading");
    if (reading && event.key === "Enter" && event.target.tagName === "INPUT") {
      event.preventDefault();
      apply(reading);
    }
  });

  // A citation opens its passage.
  function open(id) {
    const source = document.getElementById(id);
    if (!source) return;
    source.open = true;
    source.scrollIntoView({ behavior: "smooth", block: "nearest" });
    source.classList.add("mk-found");
    setTimeout(() => source.classList.remove("mk-found"), 1600);
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.value);
    } catch {
      const box = document.createElement("textarea");
      box.value = button.value;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
    }
    const words = button.textContent;
    button.textContent = button.title;
    button.classList.add("done");
    setTimeout(() => {
      button.textContent = words;
      button.classList.remove("done");
    }, 1500);
  }

  // ---- light and dark, language of the document
  function theme(wanted) {
    document.body.classList.toggle("dark", wanted === "dark");
    try {
      localStorage.setItem("mekiki_theme", wanted);
    } catch {
      /* private windows */
    }
  }

  document.addEventListener("change", (event) => {
    const radio = event.target.closest?.("#mk-language input");
    if (radio) document.cookie = `mekiki_language=${radio.value}; path=/; max-age=31536000; samesite=strict`;
  });

  // GPU names for the chips: the machine card's choices, offered by the browser while typing.
  function offerGpus() {
    const inputs = document.querySelectorAll('.mk-chip input[name="hardware.gpu"]:not([list])');
    if (!inputs.length) return;
    if (!$("#mk-gpu-names")) {
      const card = (window.gradio_config?.components ?? []).find((one) => one.props?.elem_id === "mk-gpu");
      const list = document.createElement("datalist");
      list.id = "mk-gpu-names";
      for (const [, value] of card?.props.choices ?? []) if (value !== "-") list.append(new Option("", value));
      document.body.append(list);
    }
    inputs.forEach((input) => input.setAttribute("list", "mk-gpu-names"));
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("#mk-gpu input")) event.target.select();
  });

  // A new question goes to the top of the view; the answer then grows below it and the reader scrolls at will.
  let asked = 0;
  function follow() {
    const questions = document.querySelectorAll("#mk-chat .mk-question");
    const last = questions[questions.length - 1];
    if (questions.length > asked) {
      let box = last.parentElement;
      while (box && !/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement;
      box?.scrollBy({ top: last.getBoundingClientRect().top - box.getBoundingClientRect().top - 10, behavior: "smooth" });
    }
    asked = questions.length;
  }

  // A reloaded tab tells its name, and the server gives its conversation back. Said again until the server has heard:
  // Gradio shows its boxes before it listens to them.
  function resume(patience = 40) {
    let tab = null;
    try {
      tab = sessionStorage.getItem("mekiki_tab");
      if (!tab) {
        tab = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        sessionStorage.setItem("mekiki_tab", tab);
      }
    } catch {
      return; // without storage a reload begins anew
    }
    if (!patience || $("#mk-tab-go")?.textContent.trim() === "resumed") return;
    send("mk-tab", tab, "mk-tab-go");
    setTimeout(() => resume(patience - 1), 250);
  }

  // Gradio draws late and often: what it cannot be told is set after each drawing.
  let waiting = false;
  let themed = false;
  function tidy() {
    waiting = false;
    follow();
    offerGpus();
    const lang = $(".mk-brand")?.lang;
    if (lang && document.documentElement.lang !== lang) document.documentElement.lang = lang;
    document.querySelectorAll("#mk-chat [data-testid][aria-label]").forEach((node) => node.removeAttribute("aria-label"));
    document.querySelectorAll(".mk-answer a[href^='http']:not([target])").forEach((link) => {
      link.target = "_blank";
      link.rel = "noopener noreferrer nofollow";
    });
    document.querySelectorAll(".mk-drop:not([aria-label]), .mk-theme:not([aria-label])").forEach((button) => {
      button.setAttribute("aria-label", button.title);
    });
    if (!themed && $("#mk-question textarea") && $("#mk-tab textarea, #mk-tab input")) {
      themed = true;
      resume();
      if (matchMedia("(min-width: 801px)").matches) $("#mk-question textarea").focus();
      let wanted = null;
      try {
        wanted = localStorage.getItem("mekiki_theme");
      } catch {
        /* private windows */
      }
      if (wanted && !new URLSearchParams(location.search).has("__theme")) theme(wanted);
    }
  }
  new MutationObserver(() => {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(tidy);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
