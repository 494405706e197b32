// The personal link ends in #t=SECRET: a fragment, which no server, proxy or log ever sees. This script takes the secret out of
// the address bar and the history first, puts it into the form `code-form`, and posts that form. Without scripts the same form
// takes the secret by hand.
"use strict";
(() => {
  const form = document.getElementById("code-form");
  if (!form) {
    return;
  }
  const signIn = () => {
    const secret = new URLSearchParams(location.hash.slice(1)).get("t");
    if (!secret) {
      return;
    }
    history.replaceState(null, "", location.pathname + location.search);
    form.elements.namedItem("code").value = secret;
    form.requestSubmit();
  };
  window.addEventListener("hashchange", signIn);
  signIn();
})();
