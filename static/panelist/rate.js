// Saves the rating page as it is filled in. Without this script the page is a plain form that does the same on a button.
//
// The page
//   <form id="rating-form" method="post" autocomplete="off"> holds panelist/_form_start.html (token, hidden `version`; `round` and
//   `holder`, for which round and for whom the page was drawn) and
//   panelist/_statement.html for each statement: radios NAME, textarea reason-NAME, hidden seen-NAME and seen-reason-NAME (what
//   was stored when the page was drawn). panelist/_options.html holds the questions about options: each [data-field=NAME] has the
//   controls NAME (radios, tick boxes, the hidden inputs of a ranking in order, or a textarea) and hidden seen-NAME; where it
//   has data-base it takes over the base case's value, and empty is no value of its own. panelist/_rate_words.html holds every word this script shows, #save-state the state,
//   #save-note the notes. A [data-progress-words] and a progress[data-progress] follow what the server says.
//
// A save: POST to the form's own address, url-encoded, the form as in a plain submission but without those NAME and
//   reason-NAME of statements, and their seen- fields, that are as they were seen; and
//   action=save   replay=KEY (the same for every attempt at the same content)   header X-Requested-With: fetch
//   Of several values (ticked boxes, a ranking) "seen" has 1,3, while the form repeats NAME for each of them.
//   A field counts as changed here where it differs from its seen- field. A field changed here and, differently, elsewhere is
//   in conflict; a field changed only elsewhere keeps what is stored.
//
// Answers, all JSON
//   200 {"state": "draft"|"submitted", "version": 4, "seen": {"s1": "8", "reason-s1": ""}, "saved_words"?: "…",
//        "progress"?: {"done": 2, "total": 7, "words": "…"}}      saved; `seen` is what is stored now, for all fields of the page, posted or not
//   409 {"state": …, "version": 4, "seen": {…}, "conflicts": [{"name": "s1", "theirs": "6", "mine": "8", "html": NOTE}]}
//        all but these fields was saved; NOTE is surveys.pages.scale.conflict_note. The next save leaves them as they are stored.
//   422 {"errors": {"s1": "sentence"}}      nothing was saved; shown above the fields, and not tried again until a change
//   410 {"html": NOTE}                      the round is closed, or its panelist withdrew; nothing more is sent
//   401, 403, or a redirect {"html"?: NOTE} signed out, somebody else signed in, or the notice not agreed to; kept in the
//        page, and tried again at the next change or look at the page
//   anything else, or no answer             kept in the page, and tried again after 1, 2, 4 … 60 seconds
"use strict";
(() => {
  const form = document.getElementById("rating-form");
  const words = document.getElementById("rate-words");
  if (!form || !words) {
    return;
  }
  const PAUSE = 600;
  const LONGEST_WAIT = 60000;
  const PATIENCE = 30000;
  const KEEPALIVE_LIMIT = 60000;
  // Not form.action: a button named "action" stands in its way.
  const address = new URL(form.getAttribute("action") || "", location.href.split("#")[0]);
  const stateLine = document.getElementById("save-state");
  const noteSlot = document.getElementById("save-note");
  const statements = [...form.querySelectorAll("[data-statement]")].map((element) => ({
    element,
    name: element.dataset.statement,
    own: Number(element.dataset.own) || null,
    low: Number(element.dataset.q1) || null,
    high: Number(element.dataset.q3) || null,
  }));
  const fields = new Map([...form.querySelectorAll("[data-field]")].map((element) => [element.dataset.field, element]));
  const ofStatements = new Set(statements.flatMap(({ name }) => [name, `reason-${name}`]));
  const names = [...ofStatements, ...fields.keys()];

  let timer = null; // waits for a pause in the changes, or for the next attempt
  let request = null; // the one request under way, as a promise
  let wanted = false; // something changed while it was under way
  let sending = null; // what that request holds, by name
  let attempts = 0; // failures in a row
  let replay = { body: "", key: "" };
  let isLeaving = false;
  let isOver = false; // the round is closed
  let kind = "saved"; // what the last answer said of the sheet: a draft, or submitted
  let isTroubled = false; // the last attempt did not save everything
  const held = new Set(); // fields in conflict, until one value is chosen
  const refused = new Map(); // fields the server found wrong, with the value it refused

  // ---- fields ----

  const radios = (name) => [...form.querySelectorAll(`input[type=radio][name="${CSS.escape(name)}"]`)];
  const field = (name) => form.elements.namedItem(name);
  const isReason = (name) => name.startsWith("reason-");
  const plain = (text) => text.replace(/\r\n?/g, "\n");
  const controls = (name) => [...fields.get(name).querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const holds = (control) => (control.type === "hidden" ? !control.disabled : control.checked || control.type === "textarea");

  const isText = (name) => isReason(name) || (fields.has(name) && field(name).type === "textarea");

  const value = (name) => {
    if (fields.has(name)) {
      return controls(name)
        .filter(holds)
        .map((control) => plain(control.value))
        .join(",");
    }
    if (isReason(name)) {
      return plain(field(name).value);
    }
    const chosen = radios(name).find((radio) => radio.checked);
    return chosen ? chosen.value : "";
  };

  const setField = (name, to) => {
    if ("ranking" in fields.get(name).dataset) {
      fields.get(name).dispatchEvent(new CustomEvent("rank", { detail: to }));
      return;
    }
    controls(name).forEach((control) => {
      if (control.type === "textarea") {
        control.value = to;
      } else {
        control.checked = to.split(",").includes(control.value);
      }
    });
  };

  const setValue = (name, to) => {
    if (fields.has(name)) {
      setField(name, to);
    } else if (isReason(name)) {
      field(name).value = to;
      if (to) {
        details(name).open = true;
      }
    } else {
      radios(name).forEach((radio) => {
        radio.checked = radio.value === to;
      });
    }
  };

  const seen = (name) => plain(field(`seen-${name}`).value);
  // What takes over the base case's value cannot be emptied: until something is chosen, that value stays.
  const isEmptied = (name) => fields.has(name) && "base" in fields.get(name).dataset && value(name) === "";
  const setSeen = (name, to) => {
    field(`seen-${name}`).value = to;
  };
  const details = (name) => form.querySelector(`details[data-reason="${CSS.escape(name.replace(/^reason-/, ""))}"]`);
  const slot = (kind, name) => form.querySelector(`[data-${kind}="${CSS.escape(name)}"]`);
  const isChanged = (name) => value(name) !== seen(name);
  const unsaved = () => names.filter(isChanged);
  const isHeldBack = (name) => held.has(name) || isEmptied(name) || (refused.has(name) && refused.get(name) === value(name));
  // What the request under way holds may have been changed back since.
  const isToSend = (name) => !isHeldBack(name) && (isChanged(name) || (sending !== null && sending[name] !== value(name)));
  const sendable = () => names.filter(isToSend);
  const countUnsaved = () => new Set(unsaved().map((name) => name.replace(/^reason-/, ""))).size;

  // ---- words ----

  const word = (name) => words.content.querySelector(`[data-word="${name}"]`).cloneNode(true);

  const showState = (name, said) => {
    const shown = word(name);
    if (said) {
      shown.querySelector("[data-said]").textContent = said;
    }
    stateLine.className = `save ${shown.className}`;
    stateLine.replaceChildren(...shown.childNodes);
  };

  const showNote = (node) => {
    // The same note is not put in twice: a screen reader would read it out at every attempt.
    if (noteSlot.textContent.trim() !== (node ? node.textContent.trim() : "")) {
      noteSlot.replaceChildren(...(node ? [node] : []));
    }
  };

  const showCounted = (name) => {
    const all = [...word(name).children];
    showNote(all[Math.min(Math.max(countUnsaved(), 1), all.length) - 1]);
  };

  const fragment = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  const showHtml = (html) => {
    noteSlot.replaceChildren(fragment(html));
  };

  const showErrors = (name, sentences) => {
    const place = slot("errors", name);
    const shown = sentences.map((sentence) => {
      const line = word("error");
      line.querySelector("[data-said]").textContent = sentence;
      return line;
    });
    place.replaceChildren(...shown);
    (isReason(name) ? place : place.parentElement).classList.toggle("field-err", sentences.length > 0);
  };

  // ---- saving ----

  const randomKey = () => {
    if (crypto.randomUUID) {
      return crypto.randomUUID();
    }
    // Not at hand over plain http on a host other than this machine.
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const content = () => {
    const isLeftOut = (name) => ofStatements.has(name) && !isToSend(name);
    const entries = [...new FormData(form)].filter(([name]) => !isLeftOut(name.replace(/^seen-/, "")));
    const body = new URLSearchParams(entries);
    [...fields.keys()].filter(isHeldBack).forEach((name) => body.set(name, seen(name)));
    // While a request is under way, what it holds is what will be stored when this one arrives.
    Object.entries(sending || {}).forEach(([name, sent]) => {
      if (body.has(`seen-${name}`)) {
        body.set(`seen-${name}`, sent);
      }
    });
    body.set("action", "save");
    return body;
  };

  const send = async () => {
    const body = content();
    if (replay.body !== body.toString()) {
      replay = { body: body.toString(), key: randomKey() };
    }
    body.set("replay", replay.key);
    const text = body.toString();
    return fetch(address, {
      method: "POST",
      body: text,
      headers: {
        Accept: "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Requested-With": "fetch",
      },
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
      keepalive: text.length < KEEPALIVE_LIMIT,
    });
  };

  const schedule = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  const save = () => {
    clearTimeout(timer);
    timer = null;
    if (isOver || isLeaving) {
      return;
    }
    if (request) {
      wanted = true;
      return;
    }
    if (!sendable().length) {
      return;
    }
    showState("saving");
    const snapshot = Object.fromEntries(
      names.map((name) => [name, isHeldBack(name) ? seen(name) : value(name)]),
    );
    const answered = send()
      .then(async (response) => ({ response, data: await read(response) }))
      .catch(() => ({ response: null, data: {} }));
    sending = snapshot;
    request = answered
      .then(({ response, data }) => {
        sending = null;
        settle(response, data, snapshot);
      })
      .finally(() => {
        request = null;
        if (wanted) {
          wanted = false;
          schedule(0);
        }
      });
  };

  const read = async (response) => {
    const type = response.headers.get("Content-Type") || "";
    return type.includes("json") ? response.json() : {};
  };

  const settle = (response, data, snapshot) => {
    const status = response ? response.status : 0;
    if (status === 200 && data.seen) {
      saved(data, snapshot);
    } else if (status === 409 && data.conflicts) {
      conflicted(data, snapshot);
    } else if (status === 422 && data.errors) {
      refuse(data.errors, snapshot);
    } else if (status === 410) {
      closed(data);
    } else if ([200, 401, 403].includes(status) || (response && response.type === "opaqueredirect")) {
      signedOut(data);
    } else {
      failed(status);
    }
  };

  // Takes over what is stored. A field that nobody touched here since it was sent follows what another tab made of it.
  const adopt = (data, snapshot) => {
    kind = data.state || kind;
    if (data.version !== undefined) {
      field("version").value = data.version;
    }
    Object.entries(data.seen || {}).forEach(([name, raw]) => {
      const stored = plain(raw);
      if (!names.includes(name)) {
        return;
      }
      if (value(name) === snapshot[name] && snapshot[name] === seen(name) && !held.has(name)) {
        setValue(name, stored);
      }
      setSeen(name, stored);
    });
  };

  const saved = (data, snapshot) => {
    attempts = 0;
    adopt(data, snapshot);
    showProgress(data.progress);
    isTroubled = held.size > 0 || refused.size > 0;
    showNote(null);
    if (sendable().length) {
      schedule(0);
    } else if (isTroubled) {
      showState("not-saved");
    } else {
      showState(kind, data.saved_words);
    }
  };

  const conflicted = (data, snapshot) => {
    attempts = 0;
    isTroubled = true;
    data.conflicts.forEach(({ name, html }) => {
      held.add(name);
      slot("note", name).replaceChildren(fragment(html));
      if (isReason(name)) {
        details(name).open = true;
      }
    });
    adopt(data, snapshot);
    data.conflicts.forEach(({ name, theirs }) => setSeen(name, plain(theirs)));
    showState("not-saved");
    schedule(0);
  };

  const refuse = (errors, snapshot) => {
    attempts = 0;
    isTroubled = true;
    Object.entries(errors).forEach(([name, sentences]) => {
      if (!names.includes(name)) {
        const line = word("error");
        line.querySelector("[data-said]").textContent = [].concat(sentences).join(" ");
        showNote(line);
      } else {
        refused.set(name, snapshot[name]);
        showErrors(name, [].concat(sentences));
        if (isReason(name)) {
          details(name).open = true;
        }
      }
    });
    showState("not-saved");
    if (Object.keys(errors).some((name) => names.includes(name))) {
      schedule(0); // the rest of the page can still be saved
    }
  };

  const closed = (data) => {
    isOver = true;
    showState("closed");
    if (data.html) {
      showHtml(data.html);
    } else {
      showNote(word("round-closed"));
    }
    form.querySelectorAll("input, textarea, button").forEach((control) => {
      control.disabled = true;
    });
  };

  const signedOut = (data) => {
    isTroubled = true;
    showState("not-saved");
    if (data.html) {
      showHtml(data.html);
    } else {
      showNote(word("signed-out"));
    }
  };

  const failed = (status) => {
    isTroubled = true;
    attempts += 1;
    showState("not-saved");
    showCounted(status ? "no-answer" : "offline");
    const wait = Math.min(LONGEST_WAIT, 1000 * 2 ** (attempts - 1));
    schedule(wait * (0.5 + Math.random() / 2));
  };

  const showProgress = (progress) => {
    if (!progress) {
      return;
    }
    document.querySelectorAll("[data-progress-words]").forEach((element) => {
      element.textContent = progress.words;
    });
    document.querySelectorAll("progress[data-progress]").forEach((bar) => {
      bar.max = progress.total;
      bar.value = progress.done;
    });
  };

  // ---- the reason's question ----

  const band = (rating) => Math.floor((rating - 1) / 3);

  const ask = ({ name, own, low, high }) => {
    const rating = Number(value(name));
    const summary = document.getElementById(`question-${name}`);
    const isOutside = rating && low && high && (rating < low || rating > high);
    let question = "";
    if (rating && own && own !== rating && (isOutside || band(own) !== band(rating))) {
      question = words.dataset.moved;
    } else if (isOutside) {
      question = words.dataset.outside;
    }
    summary.textContent = question
      ? question.replace("{own}", own).replace("{rating}", rating).replace("{low}", low).replace("{high}", high)
      : summary.dataset.empty;
    if (question) {
      details(name).open = true;
    }
  };

  // ---- what the panelist does ----

  const changed = (name, wait) => {
    if (isOver) {
      return;
    }
    if (refused.get(name) !== value(name)) {
      refused.delete(name);
      showErrors(name, []);
    }
    if (!isText(name)) {
      release(name); // what is chosen with the note in view is a choice
    }
    const statement = statements.find((one) => one.name === name);
    if (statement) {
      ask(statement);
    }
    if (isTroubled && attempts) {
      showCounted(navigator.onLine ? "no-answer" : "offline");
    }
    schedule(wait);
  };

  const release = (name) => {
    if (held.delete(name)) {
      slot("note", name).replaceChildren();
    }
    isTroubled = attempts > 0 || held.size > 0 || refused.size > 0;
  };

  const choose = (name, to) => {
    release(name);
    setValue(name, to);
    if (fields.has(name)) {
      (controls(name).find((control) => control.type !== "hidden") || fields.get(name).querySelector("button:enabled")).focus();
    } else if (isReason(name)) {
      field(name).focus();
    } else {
      (radios(name).find((radio) => radio.checked) || radios(name)[0]).focus();
    }
    if (!isTroubled && !isChanged(name)) {
      showState(kind);
    }
    changed(name, 0);
  };

  form.addEventListener("change", ({ target }) => {
    if (names.includes(target.name)) {
      changed(target.name, PAUSE);
    }
  });
  form.addEventListener("input", ({ target }) => {
    if (names.includes(target.name) && target.type === "textarea") {
      changed(target.name, PAUSE);
    }
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || isOver) {
      return;
    }
    if (button.name === "clear" && names.includes(button.value)) {
      event.preventDefault();
      setValue(button.value, fields.get(button.value)?.dataset.base || "");
      if (fields.has(button.value)) {
        controls(button.value)[0].focus(); // the button goes with the answer
      }
      changed(button.value, PAUSE);
    } else if (button.name === "use") {
      event.preventDefault();
      const cut = button.value.indexOf("=");
      const name = button.value.slice(0, cut);
      // The page's own text may have grown since the note was made.
      choose(name, button.hasAttribute("data-keep") ? value(name) : plain(button.value.slice(cut + 1)));
    }
  });

  form.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const isDigit = /^[1-9]$/.test(key) && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (!isDigit || target.type !== "radio" || isOver) {
      return;
    }
    const radio = radios(target.name).find((one) => one.value === key);
    if (radio) {
      event.preventDefault();
      radio.focus();
      radio.checked = true;
      changed(radio.name, PAUSE);
    }
  });

  // A button of the form leaves the page: first let the request under way arrive, so that the two cannot contradict each other.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (request) {
      event.preventDefault();
      const submitter = event.submitter;
      const patience = new Promise((resolve) => setTimeout(resolve, 3000));
      wanted = false;
      Promise.race([request, patience]).then(() => {
        clearTimeout(timer);
        request = null;
        form.requestSubmit(submitter);
      });
      return;
    }
    isLeaving = true;
  });

  // ---- coming and going ----

  const flush = () => {
    if (!timer || isOver || isLeaving || !sendable().length) {
      return;
    }
    if (request) {
      clearTimeout(timer);
      timer = null;
      send().catch(() => {});
    } else {
      save();
    }
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      flush();
    } else if (isTroubled) {
      schedule(0);
    }
  });
  window.addEventListener("pagehide", flush);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      isLeaving = false;
    }
  });
  window.addEventListener("online", () => {
    attempts = 0;
    schedule(0);
  });
  window.addEventListener("offline", () => {
    if (unsaved().length) {
      showCounted("offline");
    }
  });
  window.addEventListener("beforeunload", (event) => {
    flush();
    if (isTroubled && !isOver && !isLeaving && unsaved().length) {
      event.preventDefault();
    }
  });

  // Notes that the server drew (without this script's help) hold their fields back as well.
  form.querySelectorAll("[data-conflict]").forEach((note) => {
    held.add(note.dataset.conflict);
    isTroubled = true;
  });
})();
