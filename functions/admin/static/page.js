// What makes the page quicker to use. Everything works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ---- Local time before UTC ----------------------------------------------------------------

  const two = (number) => String(number).padStart(2, "0");
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const part = (moment, utc) => {
    const get = (name) => moment[`get${utc ? "UTC" : ""}${name}`]();
    return {
      day: `${get("Date")} ${months[get("Month")]}`,
      year: get("FullYear"),
      clock: `${two(get("Hours"))}:${two(get("Minutes"))}`,
      seconds: `:${two(get("Seconds"))}`,
    };
  };

  function localise(within) {
    const today = part(new Date(root.dataset.now), false);
    for (const time of all("time[data-shown]", within)) {
      const moment = new Date(time.dateTime);
      const here = part(moment, false);
      const there = part(moment, true);
      if (time.dataset.shown === "day") {
        time.textContent = `${here.day} ${here.year}`;
        continue;
      }
      const seconds = time.dataset.shown === "second";
      const clock = (one) => one.clock + (seconds ? one.seconds : "");
      const year = here.year === today.year ? "" : `${here.year} `;
      const day = here.day === today.day && !year ? "" : `${here.day} ${year}`;
      const apart = here.day === there.day ? "" : `${there.day} `;
      if (moment.getTimezoneOffset() === 0) {
        time.textContent = `${day}${clock(there)} UTC`;
        continue;
      }
      const utc = document.createElement("span");
      utc.className = "utc";
      utc.textContent = `(${apart}${clock(there)} UTC)`;
      time.replaceChildren(`${day}${clock(here)} `, utc);
    }
  }

  // ---- One live region ----------------------------------------------------------------------

  function say(words) {
    const said = document.getElementById("said");
    if (said && words && said.textContent !== words) said.textContent = words;
  }

  // ---- Copying ------------------------------------------------------------------------------

  async function copy(button) {
    const from = document.getElementById(button.dataset.copy);
    const words = button.textContent;
    try {
      await navigator.clipboard.writeText("value" in from ? from.value : from.textContent);
      button.textContent = "Copied";
      say("Copied");
    } catch {
      if (from.select) from.select();
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (button.textContent = words), 2000);
  }

  // ---- Filters ------------------------------------------------------------------------------

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const holds = (text, words) => plain(words).split(/\s+/).every((word) => plain(text).includes(word));

  function filterTable(input) {
    const rows = all("tbody > tr", document.getElementById(input.dataset.filter));
    let shown = 0;
    for (const row of rows) {
      row.hidden = !holds(row.textContent, input.value);
      shown += row.hidden ? 0 : 1;
    }
    input.parentElement.querySelector("output").textContent = `${shown} of ${rows.length}`;
  }

  function picker(box) {
    const input = box.querySelector("input[type=search]");
    const select = box.querySelector("select");
    const output = box.querySelector("output");
    const { source, things } = select.dataset;
    let options = all("option", select);
    let total = Number(select.dataset.total);
    let isWhole = options.length >= total;

    function show() {
      const chosen = select.value;
      const fitting = options.filter((one) => holds(one.textContent, input.value));
      const kept = options.filter((one) => one.value === chosen && !fitting.includes(one));
      select.replaceChildren(...kept, ...fitting);
      select.value = chosen;
      if (select.selectedIndex < 0) requestAnimationFrame(() => (select.scrollTop = 0));
      output.textContent = `${fitting.length} of ${total} ${things}`;
    }

    async function load() {
      if (!source || isWhole) return;
      isWhole = true;
      output.textContent = `Loading ${things} …`;
      try {
        const text = await fragment(source);
        const chosen = select.value;
        const list = document.createElement("select");
        list.innerHTML = text;
        const loaded = all("option", list);
        if (loaded.length) options = loaded;
        total = options.length;
        select.value = chosen;
        show();
      } catch {
        isWhole = false;
        output.textContent = `The ${things} could not be loaded. Press Find.`;
        box.querySelector("[name=find]").classList.remove("scriptless");
      }
    }

    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "ArrowDown") {
        event.preventDefault();
        select.focus();
      }
    });
    load();
  }

  // ---- Parts that come later, and jobs that go on -------------------------------------------

  async function fragment(address, body) {
    const method = body ? "POST" : "GET";
    const answer = await fetch(address, { method, body, headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.text();
  }

  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const PATIENCE = 120;
  const last = new WeakMap();

  function put(box, html) {
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    box.dataset.loaded = "";
    if (last.get(box) === html) return;
    last.set(box, html);
    box.innerHTML = html;
    prepare(box);
    say(box.querySelector("[data-say]")?.dataset.say);
    if (!focused) return;
    const again = all(focused.tagName, box).find((one) => one.textContent === focused.textContent);
    (again || document.getElementById("content")).focus({ preventScroll: true });
  }

  function ended(box, words) {
    const told = document.createElement("p");
    const look = document.createElement("a");
    look.href = "";
    look.textContent = "Look again";
    told.append(`${words} `, look);
    box.append(told);
    box.dataset.loaded = "";
    say(words);
  }

  async function follow(box) {
    const begun = Date.now();
    let failures = 0;
    let isFirst = !box.querySelector("[data-again]");
    for (let wait = 1; isFirst || box.querySelector("[data-again]"); wait = wait < 3 ? wait + 1 : 5) {
      if (!isFirst) await pause(wait);
      isFirst = false;
      if (Date.now() - begun > PATIENCE * 1000) return ended(box, "Still at work.");
      try {
        put(box, await fragment(box.dataset.load));
        failures = 0;
      } catch {
        failures += 1;
        if (failures > 2 || !box.querySelector("[data-again]")) {
          return ended(box, "This part could not be loaded.");
        }
      }
    }
  }

  // ---- The users whom a key shows -----------------------------------------------------------

  function users(list) {
    const input = document.querySelector(`[list=${list.id}]`);
    const fields = input.form.elements;
    const names = ["csrf", "form_key", "pagerduty.api_token", "pagerduty.api_url"];
    const load = async () => {
      const body = new URLSearchParams(names.map((name) => [name, fields[name].value]));
      try {
        list.innerHTML = await fragment(list.dataset.users, body);
      } catch {
        list.replaceChildren();
      }
    };
    fields["pagerduty.api_token"].addEventListener("change", load);
    input.addEventListener("focus", load, { once: true });
  }

  // ---- A form that is filled with what belongs to a choice -----------------------------------

  async function refill(box, find) {
    const typed = () => new URLSearchParams(new FormData(box.querySelector("[data-form]")));
    const form = box.querySelector("[data-form]");
    box.setAttribute("aria-busy", "true");
    try {
      for (let sent = ""; sent !== typed().toString(); ) {
        const body = typed();
        sent = body.toString();
        body.set("find", find);
        const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (sent !== typed().toString()) continue;
        const focused = document.activeElement?.id;
        box.replaceChildren(...page.getElementById(box.id).childNodes);
        prepare(box);
        if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
        break;
      }
    } catch {
      all(".scriptless", box).forEach((one) => one.classList.remove("scriptless"));
    }
    box.removeAttribute("aria-busy");
  }

  // ---- What is done to every part, also to one that came later -------------------------------

  function prepare(within) {
    localise(within);
    all("[data-picker]", within).forEach(picker);
    all("[data-load]", within).forEach(follow);
    all("[data-users]", within).forEach(users);
    const box = within.querySelector("[data-lists]")?.closest("[data-edit]");
    if (box && !box.dataset.filled) {
      box.dataset.filled = "1";
      refill(box, "lists");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("input", (event) => {
    if (event.target.dataset.filter) filterTable(event.target);
  });
  document.addEventListener("change", async (event) => {
    const { dataset, files, name } = event.target;
    const box = event.target.closest("[data-edit]");
    if (box && "refresh" in dataset) refill(box, name);
    if (dataset.reads && files.length) document.getElementById(dataset.reads).value = await files[0].text();
  });
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !button.dataset.busy) return;
    button.dataset.words = button.textContent;
    button.textContent = button.dataset.busy;
  });
  window.addEventListener("pageshow", () => {
    for (const button of all("[data-words]")) button.textContent = button.dataset.words;
  });
  prepare(document);
  document.querySelector("[data-focus]")?.focus();
})();
