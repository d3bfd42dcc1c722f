// Walks the page once and writes it as short lines of text. Elements that can be acted on are numbered in the order in
// which they are met and kept in window.__elements, where an action finds them again.
(limit) => {
  const INTERACTIVE = 'a[href],button,input,select,textarea,summary,[onclick],[contenteditable=""],[contenteditable=true],' +
    '[role=button],[role=link],[role=checkbox],[role=radio],[role=tab],[role=menuitem],[role=option],[role=switch],[role=textbox]';
  const SKIPPED = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'META', 'LINK', 'OPTION', 'OPTGROUP', 'DATALIST']);
  const ROLES = {A: 'link', BUTTON: 'button', SELECT: 'select', TEXTAREA: 'textbox', SUMMARY: 'button'};
  const INPUTS = {checkbox: 'checkbox', radio: 'radio', submit: 'button', button: 'button', reset: 'button', image: 'button',
    range: 'slider', number: 'number', date: 'date', time: 'time', file: 'file', color: 'color', month: 'month', week: 'week'};
  const SHAPES = new Set(['circle', 'rect', 'ellipse', 'line', 'polygon', 'polyline', 'path', 'text']);
  const elements = [], lines = [];
  let line = '', visited = 0, cut = false;
  const clean = (text) => (text || '').replace(/\s+/g, ' ').trim();
  const short = (text, most) => text.length > most ? text.slice(0, most - 3) + '...' : text;
  const flush = () => { if (clean(line)) lines.push(clean(line)); line = ''; };
  const quoted = (text) => JSON.stringify(short(clean(text), 80));

  const shown = (element, style) => {
    if (style.display === 'none' || style.visibility === 'hidden' || style.visibility === 'collapse') return false;
    if (element.getAttribute('aria-hidden') === 'true' || element.hidden) return false;
    return Number(style.opacity) > 0;
  };
  const labelled = (element) => {
    const by = element.getAttribute('aria-labelledby');
    if (by) return by.split(/\s+/).map((id) => element.getRootNode().getElementById?.(id)?.textContent || '').join(' ');
    if (element.getAttribute('aria-label')) return element.getAttribute('aria-label');
    if (element.labels && element.labels.length) {
      return [...element.labels].map((label) => {
        const copy = label.cloneNode(true);
        copy.querySelectorAll('input,select,textarea,button').forEach((inner) => inner.remove());
        return copy.textContent;
      }).join(' ');
    }
    return '';
  };
  const named = (element) => clean(labelled(element)) || (element.tagName !== 'SELECT' && clean(element.innerText)) || clean(element.getAttribute('alt')) ||
    clean(element.querySelector?.('img[alt]')?.alt) || clean(element.title) || clean(element.placeholder) || clean(element.name);
  const describe = (element) => {
    const tag = element.tagName, type = (element.type || '').toLowerCase();
    const role = element.getAttribute('role') || (tag === 'INPUT' ? INPUTS[type] || 'textbox' : ROLES[tag]) || 'clickable';
    let text = `[${elements.length + 1}] ${role}`;
    const isButton = tag === 'INPUT' && ['submit', 'button', 'reset'].includes(type);
    const name = isButton ? element.value || clean(element.title) || type : named(element);
    if (name) text += ' ' + quoted(name);
    if (tag === 'SELECT') {
      const options = [...element.options].map((option) => clean(option.text));
      const chosen = [...element.selectedOptions].map((option) => clean(option.text));
      text += ' = ' + quoted(chosen.join(', ')) + ' of ' + short(options.join(' | '), 240);
    } else if (role === 'checkbox' || role === 'radio' || role === 'switch') {
      if (element.checked || element.getAttribute('aria-checked') === 'true') text += ' checked';
    } else if ((tag === 'INPUT' && !isButton && type !== 'image') || tag === 'TEXTAREA') {
      if (element.value) text += ' = ' + quoted(type === 'password' ? '*'.repeat(element.value.length) : element.value);
    }
    if (element.getAttribute('aria-expanded')) text += element.getAttribute('aria-expanded') === 'true' ? ' open' : ' closed';
    if (element.getAttribute('aria-selected') === 'true' || element.getAttribute('aria-current')) text += ' current';
    if (element.disabled || element.getAttribute('aria-disabled') === 'true') text += ' disabled';
    if (element.readOnly) text += ' read-only';
    if (element === element.getRootNode().activeElement && element !== document.body) text += ' focused';
    return text;
  };
  const isShape = (node) => SHAPES.has(node.tagName.toLowerCase()) && node.ownerSVGElement;
  const shape = (node, style) => {
    const box = node.getBoundingClientRect(), tag = node.tagName.toLowerCase();
    const words = tag === 'text' ? ' ' + quoted(node.textContent) : '';
    const size = `${Math.round(box.width)}x${Math.round(box.height)}`;
    const at = `${Math.round(box.left + box.width / 2)},${Math.round(box.top + box.height / 2)}`;
    return `${tag}${words} ${style.fill} ${size} at ${at}`;
  };
  const walk = (node) => {
    if (++visited > limit) { cut = true; return; }
    if (node.nodeType === Node.TEXT_NODE) { line += node.nodeValue; return; }
    if (node.nodeType !== Node.ELEMENT_NODE || SKIPPED.has(node.tagName)) return;
    if (node.parentElement?.tagName === 'DETAILS' && !node.parentElement.open && node.tagName !== 'SUMMARY') return;
    const style = node.ownerDocument.defaultView.getComputedStyle(node);
    if (!shown(node, style)) return;
    const block = !style.display.startsWith('inline') && style.display !== 'contents';
    const cell = style.display === 'table-cell';
    if (block && !cell) flush();
    if (cell && clean(line)) line += ' | ';
    const native = node.matches(INTERACTIVE);
    const clickable = native || (node.onclick !== null) ||
      (style.cursor === 'pointer' && node.parentElement && getComputedStyle(node.parentElement).cursor !== 'pointer');
    if (clickable && !(node.tagName === 'INPUT' && node.type === 'hidden')) {
      line += ' ' + describe(node) + (isShape(node) ? ` (${shape(node, style)})` : '') + ' ';
      elements.push(node);
      const leaf = !['A', 'BUTTON', 'SUMMARY'].includes(node.tagName) && !node.matches('[role]') && node.children.length;
      if (leaf && node.tagName !== 'SELECT') node.childNodes.forEach(walk);
      if (block) flush();
      return;
    }
    if (/^H[1-6]$/.test(node.tagName)) line += '# ';
    if (node.tagName === 'LI') line += '- ';
    if (node.tagName === 'BR' || node.tagName === 'HR') flush();
    if (node.tagName === 'IMG' && node.alt) line += ` (image: ${clean(node.alt)}) `;
    if (node.tagName === 'LABEL' && node.control && !node.querySelector('a,button,input,select,textarea')) return;
    if (isShape(node)) {
      line += ` (${shape(node, style)}) `;
      return;
    }
    if (node.tagName === 'CANVAS') {
      const box = node.getBoundingClientRect();
      line += ` (drawing from ${Math.round(box.left)},${Math.round(box.top)} to ${Math.round(box.right)},${Math.round(box.bottom)}) `;
      return;
    }
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk);
    else if (node.tagName === 'SLOT' && node.assignedNodes().length) node.assignedNodes().forEach(walk);
    else if (node.tagName === 'IFRAME') {
      let inner = null;
      try { inner = node.contentDocument; } catch (error) { inner = null; }
      if (inner && inner.body) { line += '(frame)'; flush(); walk(inner.body); } else line += '(frame of another site)';
    } else node.childNodes.forEach(walk);
    if (block && !cell) flush();
  };
  if (document.body) walk(document.body);
  flush();
  if (cut) lines.push('(The page is too large: the rest is not shown.)');
  window.__elements = elements;
  return {lines, title: document.title, url: location.href, count: elements.length};
}
