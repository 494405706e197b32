// Moves the options of a ranking within the page, keeps "None of these" alone, and points out what does not go together.
// Without this script the buttons of a ranking post the form, which comes back with the option moved. rate.js saves what changes:
// it learns of a move from a "change" on the moved row's input, and says with a "rank" event which order is to be shown.
"use strict";
(() => {
  const form = document.getElementById("rating-form");
  if (!form) {
    return;
  }
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  // ---- the ranking ----

  const parts = (ranking) => ({
    ranked: ranking.querySelector(".ranked"),
    unranked: ranking.querySelector(".unranked"),
    words: ranking.querySelector("[data-ranked-words]"),
    said: ranking.querySelector("[data-said]"),
  });
  const number = (row) => Number(row.dataset.option);
  const button = (row, way) => row.querySelector(`[data-way=${way}]`);

  const draw = (ranking) => {
    const { ranked, unranked, words } = parts(ranking);
    const rows = [...ranked.children];
    rows.forEach((row, place) => {
      row.querySelector("input").disabled = false;
      button(row, "up").disabled = place === 0;
      button(row, "down").disabled = place === rows.length - 1;
    });
    [...unranked.children].forEach((row) => {
      row.querySelector("input").disabled = true;
    });
    words.textContent = unranked.children.length ? fill(words.dataset.some, { n: rows.length }) : words.dataset.all;
  };

  const putBack = (unranked, row) => {
    const next = [...unranked.children].find((other) => number(other) > number(row));
    unranked.insertBefore(row, next || null);
  };

  // Where the focus goes: the same button again, or one that is still of use. Adding goes on with the next option.
  const focus = (row, way, following) => {
    const usable = [button(row, way), ...["up", "down", "remove", "add"].map((other) => button(row, other))];
    (following || usable.find((one) => !one.disabled && one.offsetParent)).focus();
  };

  const move = (ranking, row, way) => {
    const { ranked, unranked, said } = parts(ranking);
    let following = null;
    if (way === "add") {
      const next = row.nextElementSibling || (unranked.firstElementChild !== row && unranked.firstElementChild);
      following = next ? button(next, "add") : null;
      ranked.append(row);
    } else if (way === "remove") {
      putBack(unranked, row);
    } else if (way === "up" && row.previousElementSibling) {
      ranked.insertBefore(row, row.previousElementSibling);
    } else if (way === "down" && row.nextElementSibling) {
      ranked.insertBefore(row.nextElementSibling, row);
    }
    draw(ranking);
    focus(row, way, following);
    const place = [...ranked.children].indexOf(row) + 1;
    const template = place ? said.dataset.placed : said.dataset.removed;
    said.textContent = fill(template, { option: row.dataset.name, place, n: ranked.children.length });
    row.querySelector("input").dispatchEvent(new Event("change", { bubbles: true }));
  };

  form.querySelectorAll("[data-ranking]").forEach((ranking) => {
    const { ranked, unranked } = parts(ranking);
    draw(ranking);
    ranking.addEventListener("click", (event) => {
      const pressed = event.target.closest("button[name=move]");
      if (pressed) {
        event.preventDefault();
        move(ranking, pressed.closest(".rank-row"), pressed.dataset.way);
      }
    });
    ranking.addEventListener("rank", ({ detail }) => {
      const rows = new Map([...ranking.querySelectorAll(".rank-row")].map((row) => [row.dataset.option, row]));
      const order = detail ? detail.split(",").filter((option) => rows.has(option)) : [];
      [...ranked.children].forEach((row) => putBack(unranked, row));
      order.forEach((option) => ranked.append(rows.get(option)));
      draw(ranking);
    });
  });

  // ---- what goes together ----

  const boxes = (survey, question) => [...survey.querySelectorAll(`input[name="${survey.dataset.survey}-${question}"]`)];

  const warn = (survey) => {
    const place = survey.querySelector(".warnings");
    const named = (question) => boxes(survey, question).filter((box) => box.checked);
    const against = new Set(named("against").map((box) => box.value));
    const sentences = named("top").flatMap(({ value, parentElement }) => {
      const option = parentElement.querySelector("span").firstChild.textContent.trim();
      if (against.has(value)) {
        return [fill(place.dataset.against, { option })];
      }
      const refused = boxes(survey, `likelihood-${value}`).some((radio) => radio.checked && radio.value === "will_not");
      return refused ? [fill(place.dataset.level, { option })] : [];
    });
    if (sentences.join() !== [...place.children].map((line) => line.textContent).join()) {
      place.replaceChildren(
        ...sentences.map((sentence) => {
          const line = document.createElement("p");
          line.className = "note mb-0";
          line.textContent = sentence;
          return line;
        }),
      );
    }
  };

  // In the capturing phase: what is unticked here must not be saved before.
  form.addEventListener(
    "change",
    ({ target }) => {
      const survey = target.closest("[data-survey]");
      if (!survey) {
        return;
      }
      if (target.checked && target.name === `${survey.dataset.survey}-against`) {
        boxes(survey, "against").forEach((box) => {
          if ((box.value === "none") !== (target.value === "none")) {
            box.checked = false;
          }
        });
      }
      warn(survey);
    },
    true,
  );
})();
