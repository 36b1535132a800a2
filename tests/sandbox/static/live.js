// Keeps the parts of the page marked `data-live` as the server sees them; forms stay untouched.
async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (now && now.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
      part.innerHTML = now.innerHTML;
    }
  }
}
if (document.querySelector("[data-live]")) setInterval(() => refresh().catch(() => {}), 2000);
