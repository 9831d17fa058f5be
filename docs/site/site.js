// The menu on narrow screens, the mark of the present page, the links to the pages before and after,
// and the search.
'use strict';

const page = location.pathname.split('/').pop() || 'index.html';
const links = [...document.querySelectorAll('#contents a')];
const nameOf = (link) => link.getAttribute('href').split('/').pop();

const here = links.find((link) => nameOf(link) === page);
if (here) {
  here.setAttribute('aria-current', 'page');
  here.scrollIntoView({block: 'nearest'});
}

const menu = document.getElementById('menu');
menu.onclick = () => {
  const open = document.body.classList.toggle('open');
  menu.setAttribute('aria-expanded', open);
};

// ---- the pages before and after, at the end of a page of the guide

const guide = [...document.querySelectorAll('#guide a')];
const place = guide.indexOf(here);
if (place >= 0) {
  const footer = document.querySelector('footer');
  const add = (neighbour, before, after) => {
    const link = document.createElement(neighbour ? 'a' : 'span');
    if (neighbour) {
      link.href = neighbour.href;
      link.textContent = before + neighbour.textContent + after;
    }
    footer.append(link);
  };
  add(guide[place - 1], '← ', '');
  add(guide[place + 1], '', ' →');
}

// ---- a block without colours is output of a program or a command

for (const block of document.querySelectorAll('.fragment'))
  if (!block.querySelector('span')) block.classList.add('output');

// ---- search: all words of the query must occur; a match in the name comes first

const query = document.getElementById('query');
const results = document.getElementById('results');
let entries = null;

function read() {
  const entry = (type, name, args, url, text) =>
      ({type, name, args, url, text, names: name.toLowerCase(), all: `${name} ${text}`.toLowerCase()});
  const xml = new DOMParser().parseFromString(SEARCHDATA, 'text/xml');
  const symbols = [...xml.querySelectorAll('doc')].map((doc) => {
    const field = (name) => doc.querySelector(`field[name="${name}"]`)?.textContent ?? '';
    // Doxygen puts a space between the digits of a number, and repeats the first sentence.
    const text = field('text').replace(/(\d) (?=\d)/g, '$1');
    const again = text.indexOf(text.slice(0, 30), 1);
    return entry(field('type'), field('name'), field('args'), field('url'),
                 again > 0 ? text.slice(0, again) : text);
  });
  return [...symbols.filter(({type}) => type !== 'page'),
          ...SECTIONS.map(([name, url, text]) => entry('page', name, '', url, text))];
}

// Smaller is better; infinite if the entry does not match.
function rank(entry, words) {
  if (!words.every((word) => entry.all.includes(word))) return Infinity;
  const last = entry.names.split('::').pop();
  if (last === words.join(' ')) return entry.type === 'class' || entry.type === 'struct' ? 0 : 1;
  const guideFirst = entry.type === 'page' ? 0 : 0.5;
  if (words.every((word) => last.startsWith(word))) return 2 + guideFirst;
  if (words.every((word) => entry.names.includes(word))) return 3 + guideFirst;
  return 4 + guideFirst;
}

function excerpt(text, word) {
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
  const part = text.slice(at, at + 140).replace(/\s+/g, ' ');
  return (at > 0 ? '… ' : '') + part + (at + 140 < text.length ? ' …' : '');
}

function show() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  results.replaceChildren();
  results.hidden = words.length === 0;
  if (!entries || !words.length) return;
  const found = entries.map((entry) => ({entry, score: rank(entry, words)}))
                    .filter(({score}) => score < Infinity)
                    .sort((a, b) => a.score - b.score || a.entry.name.length - b.entry.name.length);
  for (const {entry} of found.slice(0, 30)) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    const name = document.createElement('b');
    const text = document.createElement('span');
    link.href = entry.url;
    name.textContent = entry.name + (entry.args.length < 60 ? entry.args : '(…)');
    text.textContent = excerpt(entry.text, words[0]);
    link.append(name, text);
    item.append(link);
    results.append(item);
  }
  if (!found.length) results.append(Object.assign(document.createElement('li'),
                                                  {textContent: 'Nothing found.'}));
}

query.onfocus = () => {
  if (entries) return;
  entries = [];
  const script = document.createElement('script');
  script.src = 'searchdata.js';
  script.onload = () => { entries = read(); show(); };
  document.head.append(script);
};
query.oninput = show;

document.addEventListener('keydown', (event) => {
  const typing = document.activeElement === query;
  if (event.key === '/' && !typing) {
    event.preventDefault();
    query.focus();
  } else if (event.key === 'Escape') {
    query.value = '';
    show();
    query.blur();
  } else if (event.key === 'Enter' && typing) {
    results.querySelector('a')?.click();
  } else if (['ArrowDown', 'ArrowUp'].includes(event.key) && !results.hidden) {
    const found = [query, ...results.querySelectorAll('a')];
    const at = found.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
    event.preventDefault();
    found[(at + found.length) % found.length].focus();
  }
});
document.addEventListener('click', (event) => {
  if (!event.target.closest('#search')) results.hidden = true;
});

// For links to a search, such as index.html?q=tape.
const asked = new URLSearchParams(location.search).get('q');
if (asked) {
  query.value = asked;
  query.focus();
}
