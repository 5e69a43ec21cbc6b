// Small helps; every page works without them.
"use strict";

// What is empty says nothing: left out, the address stays short.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-short]")) return;
  const idle = [...form.querySelectorAll("input, select")].filter((field) => field.name && field.value === "" && !field.disabled);
  for (const field of idle) field.disabled = true;
  setTimeout(() => { for (const field of idle) field.disabled = false; });
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(source);
  }
});

// The upload, with how far it has come.
const upload = document.getElementById("upload");
if (upload) {
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = document.getElementById("sent"), button = upload.querySelector("button");
    const request = new XMLHttpRequest();
    sent.hidden = false;
    button.disabled = true;
    request.upload.onprogress = (part) => { sent.max = part.total || 1; sent.value = part.loaded; };
    request.onload = () => {
      if (request.responseURL && !request.responseURL.endsWith("/new/upload")) { location.assign(request.responseURL); return; }
      told(new DOMParser().parseFromString(request.responseText, "text/html").querySelector("[role=alert]")?.textContent || request.responseText);
    };
    request.onerror = () => told("the file was not taken: it is too large, or the studio has gone.");
    request.open("POST", upload.action);
    request.send(new FormData(upload));

    function told(sentence) {
      sent.hidden = true;
      button.disabled = false;
      let place = document.querySelector("#content > .error");
      if (!place) {
        place = document.createElement("p");
        place.className = "error";
        place.setAttribute("role", "alert");
        document.getElementById("content").prepend(place);
      }
      place.textContent = sentence;
    }
  });
}
