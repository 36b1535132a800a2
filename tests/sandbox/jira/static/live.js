// Shows what has changed on the server without touching the forms.
const PARTS = "[data-live]";
async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll(PARTS)) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    const busy = part.contains(document.activeElement);
    if (fresh && !busy && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
  }
}
if (document.querySelector(PARTS)) setInterval(() => look().catch(() => {}), 2000);
