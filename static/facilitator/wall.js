// Arrow keys go from screen to screen; without this script the links of each screen do.
const screens = [...document.querySelectorAll(".screen")];
const steps = { ArrowRight: 1, PageDown: 1, ArrowDown: 1, ArrowLeft: -1, PageUp: -1, ArrowUp: -1 };

function present() {
  const tops = screens.map((screen) => Math.abs(screen.getBoundingClientRect().top));
  return tops.indexOf(Math.min(...tops));
}

document.addEventListener("keydown", (event) => {
  const step = event.altKey || event.ctrlKey || event.metaKey ? undefined : steps[event.key];
  const next = step && screens[present() + step];
  if (!next) return;
  // A screen that is longer than the window is read to its end first.
  const edge = screens[present()].getBoundingClientRect();
  const isUpOrDown = event.key === "ArrowDown" || event.key === "ArrowUp";
  if (isUpOrDown && (step > 0 ? edge.bottom > window.innerHeight + 1 : edge.top < -1)) return;
  event.preventDefault();
  next.scrollIntoView();
  next.focus({ preventScroll: true });
  history.replaceState(null, "", `#${next.id}`);
});
