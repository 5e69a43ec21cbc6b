// The form of a row: sliders and their number fields, whose curve is drawn, pictures that are dropped or chosen.
// htmx sends the form when something in it changes, one request at a time, and the last change is never lost.
"use strict";

(() => {
  const form = document.getElementById("row");
  if (!form) return;
  const column = document.getElementById("column");
  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  form.addEventListener("input", (event) => {
    const field = event.target;
    if (field.dataset.for) document.getElementById(field.dataset.for).value = field.value;
    else if (field.dataset.slider && field.value.trim() !== "" && Number.isFinite(Number(field.value)))
      document.getElementById(field.dataset.slider).value = field.value;
    if (field.dataset.column && field.dataset.column !== column.value && column.value !== "") column.value = field.dataset.column;
  });

  form.addEventListener("focusin", (event) => {
    const name = event.target.dataset.column;
    if (!name || name === column.value || event.target.tagName === "TEXTAREA") return;
    column.value = name;
    changed();
  });

  // What is wrong with a field is told to those who do not see its colour.
  const tellWrong = () => {
    for (const note of form.querySelectorAll(".note[id]")) {
      const field = document.getElementById(note.id.slice(2));
      if (field) field.setAttribute("aria-invalid", note.classList.contains("wrong"));
    }
  };
  document.body.addEventListener("htmx:afterSettle", tellWrong);
  tellWrong();

  const show = (canvas, image) => {
    const side = canvas.width;
    const scale = Math.min(side / image.width, side / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, side, side);
    pen.imageSmoothingEnabled = scale < 2;
    pen.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
    canvas.hidden = false;
  };

  for (const drop of form.querySelectorAll("[data-drop]")) {
    const hidden = drop.querySelector("[data-picture]");
    const [canvas, note, name] = [".thumb", "[data-note]", "[data-name]"].map((one) => drop.querySelector(one));
    const chooser = drop.querySelector("input[type=file]");

    const put = (address, said) => {
      hidden.value = address;
      name.textContent = said;
      note.textContent = "";
      canvas.hidden = true;
      const image = new Image();
      image.onload = () => show(canvas, image);
      if (address.startsWith("data:image/")) image.src = address;
      changed();
    };
    hidden.addEventListener("assay:picture", (event) => put(event.detail, "the drawing"));

    const take = (file) => {
      if (!file) return;
      if (file.size > Number(drop.dataset.most)) {
        note.textContent = `${file.name} is larger than ${Math.floor(Number(drop.dataset.most) / 2 ** 20)} MiB; choose a smaller one.`;
        return;
      }
      const reader = new FileReader();
      reader.onload = () => put(reader.result, file.name);
      reader.onerror = () => { note.textContent = `${file.name} cannot be read.`; };
      reader.readAsDataURL(file);
    };

    chooser.addEventListener("input", (event) => event.stopPropagation());
    chooser.addEventListener("change", () => take(chooser.files[0]));
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      take(event.dataTransfer.files[0]);
    });
    if (hidden.value) put(hidden.value, "");
  }
})();
