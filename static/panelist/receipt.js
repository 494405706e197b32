// The browser's half of a receipt's nonce: 16 random bytes, drawn here, so that the server alone does not decide it and two
// sheets that say the same never share a receipt. It goes along in the hidden field `half` of a form that can submit the sheet.
// Without this script the field stays empty, and the server draws the whole nonce.
"use strict";
(() => {
  document.querySelectorAll("input[type=hidden][name=half]").forEach((field) => {
    field.value = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  });
})();
