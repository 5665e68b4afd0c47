// Helps while typing; everything it says the server says again. Nothing here leaves the page.
"use strict";

const field = (id) => document.getElementById(id);

// The same classes and the same counting as congvu.passwords.
const classes = {
  digit: /\p{Nd}/u,
  upper: /[\p{Lu}\p{Lt}]/u,
  lower: /\p{Ll}/u,
  special: /[\p{P}\p{S}]/u,
};

function met(item, password) {
  if (item.dataset.rule !== "length") return classes[item.dataset.rule].test(password);
  const length = [...password].length;
  const code = field("code")?.value.trim(); // whoever has a second factor gives one
  return length >= Number(code ? item.dataset.minWithCode : item.dataset.min) && length <= Number(item.dataset.max);
}

function tick() {
  const password = field("new").value.normalize("NFC");
  const items = [...document.querySelectorAll("[data-rule]")];
  for (const item of items) item.classList.toggle("met", met(item, password));
  const done = items.filter((item) => item.classList.contains("met")).length;
  field("progress").textContent = password ? `Đạt ${done}/${items.length} yêu cầu về độ dài và loại ký tự.` : "";
}

function compare() {
  const differs = field("repeat").value !== "" && field("repeat").value !== field("new").value;
  const row = field("repeat").closest(".field");
  let note = field("repeat-faults");
  if (differs && !note) {
    note = document.createElement("ul");
    note.id = "repeat-faults";
    note.className = "faults";
    note.append(document.createElement("li"));
    note.firstChild.textContent = "Hai lần nhập mật khẩu mới không giống nhau.";
    row.append(note);
    field("repeat").setAttribute("aria-describedby", note.id);
  } else if (!differs) {
    note?.remove();
    field("repeat").removeAttribute("aria-describedby");
  }
  row.classList.toggle("wrong", differs);
  field("repeat").setAttribute("aria-invalid", String(differs));
}

function addReveal(input) {
  const button = document.createElement("button");
  const name = input.closest(".field").querySelector("label").textContent.toLowerCase();
  button.type = "button";
  button.className = "reveal";
  button.textContent = "Hiện";
  button.setAttribute("aria-label", `Hiện ${name}`);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Ẩn" : "Hiện";
    button.setAttribute("aria-label", `${button.textContent} ${name}`);
  });
  input.after(button);
}

for (const id of ["present", "new", "repeat"]) addReveal(field(id));
field("new").addEventListener("input", tick);
field("code")?.addEventListener("input", tick);
// Leaving the field by a click on the button: a note that came in between would move the button away under it.
let pressed = false;
addEventListener("pointerdown", () => (pressed = true));
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => (pressed = false));
field("repeat").addEventListener("change", () => {
  if (pressed) addEventListener("pointerup", () => setTimeout(compare), { once: true });
  else compare();
});
// A fault is not announced before the typing is done, but it goes as soon as it is mended.
for (const id of ["new", "repeat"]) {
  field(id).addEventListener("input", () => field("repeat").getAttribute("aria-invalid") === "true" && compare());
}
// A shown password must not be remembered as ordinary text.
document.forms[0].addEventListener("submit", () => {
  for (const id of ["present", "new", "repeat"]) field(id).type = "password";
});
// The webmail may name the address behind "#": that part of an address reaches no server and no log.
if (location.hash.length > 1) {
  field("login").value ||= decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}
tick();
field("problem")?.focus();
