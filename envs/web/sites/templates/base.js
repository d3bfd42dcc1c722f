// A form that lacks something says so beside the field, in words.
document.addEventListener('invalid', (event) => {
  const field = event.target;
  event.preventDefault();
  if (field.type === 'radio' && field !== field.form.elements[field.name][0]) return;
  const note = document.createElement('p');
  note.className = 'invalid';
  note.setAttribute('role', 'alert');
  const label = field.type === 'radio' ? field.closest('fieldset').querySelector('legend') : field.labels[0];
  note.textContent = (label ? label.textContent.trim() + ': ' : '') + field.validationMessage;
  for (const old of field.parentElement.querySelectorAll('.invalid')) old.remove();
  field.parentElement.append(note);
}, true);
document.addEventListener('input', (event) => {
  const old = event.target.parentElement && event.target.parentElement.querySelector('.invalid');
  if (old) old.remove();
});
// A list of choices with data-submit sends its form as soon as something is chosen.
document.addEventListener('change', (event) => {
  if (event.target.matches('select[data-submit]')) event.target.form.requestSubmit();
});
// A button with data-dialog opens a dialog, one with data-close closes the dialog that it is in.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-dialog],[data-close]');
  if (!button) return;
  if (button.dataset.dialog) document.getElementById(button.dataset.dialog).showModal();
  else button.closest('dialog').close();
});
// A button with data-menu shows or hides the element that it names.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-menu]');
  if (!button) return;
  const menu = document.getElementById(button.dataset.menu);
  menu.hidden = !menu.hidden;
  button.setAttribute('aria-expanded', String(!menu.hidden));
});
// What a search form leaves empty does not make its address longer.
document.addEventListener('formdata', (event) => {
  if (event.target.method !== 'get') return;
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});
