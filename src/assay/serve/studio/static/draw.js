// A canvas to draw on with the mouse, a finger or a pen; each stroke is sent, and what comes back fills the form.
"use strict";

(() => {
  const form = document.getElementById("row");
  if (!form) return;

  for (const box of form.querySelectorAll("[data-draw]")) {
    const canvas = box.querySelector("canvas");
    const pen = canvas.getContext("2d");
    const note = box.querySelector("[data-note]");
    const option = (name) => box.querySelector(`[data-option=${name}]`)?.value;
    let [drawing, drawn, sent] = [false, false, 0];

    const at = (event) => {
      const frame = canvas.getBoundingClientRect();
      return [(event.clientX - frame.left) * canvas.width / frame.width, (event.clientY - frame.top) * canvas.height / frame.height];
    };

    const fill = (cells) => {
      for (const field of form.elements)
        if (field.name?.startsWith("c.") && Object.hasOwn(cells, field.name.slice(2))) {
          if (field.dataset.picture !== undefined) field.dispatchEvent(new CustomEvent("assay:picture", { detail: cells[field.name.slice(2)] }));
          else field.value = cells[field.name.slice(2)];
        }
      form.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const send = async () => {
      if (!drawn) return;
      const mine = ++sent;
      const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
      const query = new URLSearchParams({ column: box.dataset.column });
      for (const name of ["fit", "ink", "side"]) if (option(name)) query.set(name, option(name));
      try {
        const answer = await fetch(`${box.dataset.to}?${query}`, { method: "POST", body: blob, headers: { "Content-Type": "image/png", "HX-Request": "true" } });
        const said = answer.ok ? await answer.json() : await answer.text();
        if (mine !== sent) return; // a later stroke has been sent
        note.textContent = answer.ok ? "" : new DOMParser().parseFromString(said, "text/html").body.textContent.trim();
        if (answer.ok) fill(said.cells);
      } catch {
        note.textContent = "The studio does not answer; is it still running?";
      }
    };

    canvas.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      drawing = drawn = true;
      Object.assign(pen, { lineWidth: Number(option("pen")), lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
      pen.beginPath();
      pen.moveTo(...at(event));
      pen.lineTo(...at(event));
      pen.stroke();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) pen.lineTo(...at(one));
      pen.stroke();
    });
    const end = () => {
      if (!drawing) return;
      drawing = false;
      send();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);

    box.querySelector("[data-clear]").addEventListener("click", () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      drawn = false;
      sent += 1;
    });
    // How it is read is no part of the row: the drawing is sent anew, the form is not.
    for (const field of box.querySelectorAll("[data-option]")) {
      field.addEventListener("input", (event) => event.stopPropagation());
      field.addEventListener("change", (event) => {
        event.stopPropagation();
        send();
      });
    }
  }
})();
