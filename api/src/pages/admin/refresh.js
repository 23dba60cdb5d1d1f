"use strict";
// Renews the part of the page that changes, unless it is out of sight or in use.
const live = document.getElementById("live");
const inUse = () => document.hidden || live.querySelector("details[open]")
  || live.contains(document.activeElement);
const renew = async () => {
  if (!inUse()) {
    try {
      const answer = await fetch("/admin/tasks/live/?" + live.dataset.query);
      if (answer.status === 401) return location.reload();
      const text = await answer.text();
      if (answer.ok && !inUse()) live.innerHTML = text;
      live.classList.toggle("stale", !answer.ok);
    } catch {
      live.classList.add("stale");
    }
  }
  setTimeout(renew, 3000);
};
setTimeout(renew, 3000);
