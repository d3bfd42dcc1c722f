"""The JavaScript that is run in pages."""

from functools import cache
from importlib.resources import files

__all__ = ["ADOPT", "CALM", "FILL", "FIXED", "FROZEN_AT", "PREPARE", "SELECT", "TARGET", "observe"]

FROZEN_AT = 1_735_689_600
"""2025-01-01, in seconds since 1970."""
PREPARE = """
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) delete window[name];
addEventListener('beforeunload', () => { window.__leaving = Date.now(); });
window.__later = [requestAnimationFrame.bind(window), setTimeout.bind(window)];
window.__opened = 0;
const open = window.open;
window.open = (...where) => { const tab = open.apply(window, where); window.__opened += tab ? 1 : 0; return tab; };
addEventListener('click', (event) => {
  const link = event.composedPath().find((node) => node.href && node.target === '_blank');
  if (link && !event.defaultPrevented) window.__opened += 1;
});
"""
FIXED = f"""{{
  let state = 1;
  Math.random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  performance.now = () => Date.now() - {FROZEN_AT}000;
  window.requestAnimationFrame = (callback) => setTimeout(() => callback(performance.now()), 16);
  window.cancelAnimationFrame = (number) => clearTimeout(number);
}}"""
"""What a page draws before it is given a seed must not differ, and the frozen clock's frames do not all begin at one
time: they come by its timer instead."""
CALM = """() => new Promise((done) => {
  const [frame, later] = window.__later || [requestAnimationFrame, setTimeout];
  const tell = () => {
    const opened = window.__opened || 0;
    window.__opened = 0;
    done([!(Date.now() - window.__leaving < 1000) && document.readyState !== 'loading', opened]);
  };
  frame(() => later(tell));
  later(tell, 100);
})"""
"""Whether the page stays, and how many tabs it has opened since it was asked before.

It tells so a frame and a task later, so that what an event set going has begun; off screen no frame comes. A document
that is still there a second after it said that it leaves was told to stay (a download, an empty answer)."""
ADOPT = "(element, number) => { (window.__elements = window.__elements || [])[number - 1] = element; }"
"""Give an element a number, as the walk does."""
TARGET = """([number]) => {
  const element = (window.__elements || [])[number - 1];
  if (!element || !element.isConnected) return {gone: true};
  element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  const view = element.ownerDocument.defaultView;
  let box = [...element.getClientRects()].find((r) => r.width && r.height) || element.getBoundingClientRect();
  let x = box.left + box.width / 2, y = box.top + box.height / 2;
  const at = (element.getRootNode().elementFromPoint || document.elementFromPoint).call(element.getRootNode(), x, y);
  const label = element.labels && [...element.labels].find((l) => at && l.contains(at));
  const covered = at && at !== element && !element.contains(at) && !at.contains(element) && !label;
  for (let frame = view.frameElement; frame; frame = frame.ownerDocument.defaultView.frameElement) {
    const outer = frame.getBoundingClientRect();
    x += outer.left + frame.clientLeft; y += outer.top + frame.clientTop;
  }
  return {x, y, tag: element.tagName, type: (element.type || '').toLowerCase(), empty: !box.width || !box.height,
    disabled: !!element.disabled || element.getAttribute('aria-disabled') === 'true', readOnly: !!element.readOnly,
    covered: covered ? at.tagName.toLowerCase() + (at.id ? '#' + at.id : '') : '',
    options: element.tagName === 'SELECT' ? [...element.options].map((o) => [o.text.trim(), o.value, o.disabled]) : []};
}"""
FILL = """([number, text]) => {
  const element = window.__elements[number - 1];
  element.focus();
  if (element.isContentEditable) { element.textContent = ''; return; }
  if (element.select) element.select();
  if (!['date', 'time', 'month', 'week', 'color', 'range', 'number'].includes(element.type)) return false;
  const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'value').set;
  setter.call(element, text);
  for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, {bubbles: true}));
  return element.value === text ? 'set' : 'refused';
}"""
SELECT = """([number, index]) => {
  const element = window.__elements[number - 1];
  element.selectedIndex = index;
  for (const name of ['input', 'change']) element.dispatchEvent(new Event(name, {bubbles: true}));
}"""


@cache
def observe() -> str:
    """The walk that turns a page into lines: a function of the number of nodes that it may look at."""
    return (files("envs.web") / "observe.js").read_text(encoding="utf-8")
