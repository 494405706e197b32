// Shows of a clause's fields those that its statistic has. Without this script all are there, and those that it has not are not read.
"use strict";

(() => {
  function show(clause) {
    const statistic = clause.querySelector('select[name$="-statistic"]').value;
    for (const part of clause.querySelectorAll("[data-of]")) {
      part.hidden = !part.dataset.of.split(" ").includes(statistic);
    }
    for (const part of clause.querySelectorAll("[data-not]")) {
      part.hidden = part.dataset.not.split(" ").includes(statistic);
    }
  }

  for (const clause of document.querySelectorAll(".clause")) {
    show(clause);
    clause.addEventListener("change", () => show(clause));
  }
})();
