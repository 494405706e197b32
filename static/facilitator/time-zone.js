// A first study begins with the time zone of the browser, where the list has it.
(() => {
  const list = document.getElementById("id_time_zone");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (list && [...list.options].some((option) => option.value === zone)) {
    list.value = zone;
  }
})();
