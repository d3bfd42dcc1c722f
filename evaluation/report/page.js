'use strict';
const episodes = JSON.parse(document.getElementById('data').textContent);
const element = (id) => document.getElementById(id);
const menus = ['run', 'env', 'outcome', 'shows'].map(element);
const list = element('list'), reader = element('episode'), words = element('words');
let shown = [];

function make(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

for (const episode of episodes) {
  episode.outcome = !episode.valid ? 'invalid' : episode.success ? 'solved' : 'failed';
  episode.shows = new Set(episode.messages.flatMap((message) => (message.shows || []).map((one) => one.kind)));
  episode.text = episode.messages.slice(1).map((message) => message.content).join('\n').toLowerCase();
}

function options(menu, values) {
  for (const value of [...new Set(values)].sort()) menu.append(new Option(value.replaceAll('_', ' '), value));
}

function fits(episode) {
  const [run, env, outcome, kind] = menus.map((menu) => menu.value);
  return (!run || episode.run === run) && (!env || episode.env === env) && (!outcome || episode.outcome === outcome) &&
    (!kind || episode.shows.has(kind)) && episode.text.includes(words.value.trim().toLowerCase());
}

function fill() {
  shown = episodes.filter(fits);
  element('count').value = `${shown.length} episodes`;
  list.replaceChildren(...shown.map((episode) => {
    const item = make('li'), link = make('a');
    link.href = `#t=${episode.id}`;
    link.append(make('b', episode.outcome, episode.success ? 'good' : 'bad'), ` ${episode.run}, ${episode.turns} ${episode.turns === 1 ? 'turn' : 'turns'}`);
    link.append(make('span', `${episode.env.replace(/^.*\//, '')} ${episode.template || ''}: ${episode.prompt}`));
    item.append(link);
    return item;
  }));
  mark();
}

function address() {
  const found = new URLSearchParams(location.hash.slice(1));
  return [found.get('t'), found.get('turn')];
}

function mark() {
  const [id] = address();
  for (const link of list.querySelectorAll('a')) {
    const here = link.hash === `#t=${id}`;
    link.toggleAttribute('aria-current', here);
    if (here) link.scrollIntoView({block: 'nearest'});
  }
}

function message(episode, row, chosen) {
  const box = make('div', undefined, `message ${row.role}`), head = make('small');
  if (row.turn) {
    const link = make('a', `turn ${row.turn}`);
    link.href = `#t=${episode.id}&turn=${row.turn}`;
    head.append(link);
    if (row.error) head.append(make('span', `error: ${row.error}`, 'tag'));
    for (const one of row.shows) {
      const tag = make('span', one.kind.replaceAll('_', ' '), 'tag');
      tag.title = one.detail;
      head.append(tag);
    }
    box.classList.toggle('chosen', String(row.turn) === chosen);
  } else {
    head.append(row.role);
  }
  box.append(head, make('pre', row.content));
  return box;
}

function open() {
  const [id, turn] = address();
  mark();
  if (!id) return reader.replaceChildren(make('p', 'Choose an episode, or press j.', 'soft'));
  const episode = episodes.find((one) => one.id === id);
  if (!episode) {
    reader.replaceChildren(make('p', 'This episode is not in the page: write the report with more --trajectories.', 'bad'));
  } else {
    const about = make('p');
    about.append(make('b', episode.outcome, episode.success ? 'good' : 'bad'),
      ` ${episode.run}: ${episode.env}, ${episode.template || 'no template'}, difficulty ${episode.difficulty}, task ` +
      `${episode.task}. Reward ${episode.reward}. ${episode.stop}${episode.error ? ` ${episode.error}` : ''}`);
    const other = episodes.filter((one) => one !== episode && one.env === episode.env && one.task === episode.task && one.sample === episode.sample);
    for (const one of other) {
      const link = make('a', ` The same task in ${one.run}.`);
      link.href = `#t=${one.id}`;
      about.append(link);
    }
    reader.replaceChildren(about, ...episode.messages.map((row) => message(episode, row, turn)));
  }
  (reader.querySelector('.chosen') || element('trajectories')).scrollIntoView();
}

function step(by) {
  const at = shown.findIndex((episode) => episode.id === address()[0]);
  const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
  if (next) location.hash = `t=${next.id}`;
}

addEventListener('hashchange', open);
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') return document.activeElement.blur();
  if (['INPUT', 'SELECT'].includes(document.activeElement.tagName)) return;
  if (event.key === 'j') step(1);
  if (event.key === 'k') step(-1);
  if (event.key === '/') { event.preventDefault(); words.focus(); }
});
element('menus').hidden = false;
element('menus').addEventListener('input', fill);
element('menus').addEventListener('submit', (event) => event.preventDefault());
options(menus[0], episodes.map((episode) => episode.run));
options(menus[1], episodes.map((episode) => episode.env));
options(menus[3], episodes.flatMap((episode) => [...episode.shows]));
fill();
open();
