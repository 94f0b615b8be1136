// Search: every word has to occur in a node's name, kind, place, files or findings.

const field = document.getElementById('search');
const results = document.getElementById('results');
const MOST_RESULTS = 40;
let found = [];
let current = -1;

function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const rank = (node) => {
    const name = node.name.toLowerCase();
    return name === words[0] ? 0 : name.startsWith(words[0]) ? 1 : name.includes(words[0]) ? 2 : 3;
  };
  const all = nodes.filter((node) => words.every((word) => node.text.includes(word)));
  return all
    .map((node) => [rank(node), node])
    .sort((a, b) => a[0] - b[0] || a[1].number - b[1].number)
    .map(([, node]) => node);
}

function showResults() {
  found = find(field.value);
  const asked = field.value.trim() !== '';
  current = found.length > 0 ? 0 : -1;
  results.hidden = !asked;
  field.setAttribute('aria-expanded', String(asked));
  const list = found.slice(0, MOST_RESULTS).map((node, at) =>
    make(
      'li',
      {
        role: 'option',
        id: `result-${at}`,
        'aria-selected': String(at === current),
        onmousedown: (event) => {
          event.preventDefault();
          take(at);
        },
      },
      ...badges(node, false),
      ` ${node.name}`,
      make('small', {}, `${node.kind}${node.namespace ? ` in ${node.namespace}` : ''}`),
    ),
  );
  if (found.length > MOST_RESULTS) list.push(make('li', { class: 'none' }, `and ${found.length - MOST_RESULTS} more`));
  if (asked && found.length === 0) list.push(make('li', { class: 'none' }, 'Nothing is called that'));
  results.replaceChildren(...list);
  point();
  if (asked) say(count(found.length, 'result'));
}

function point() {
  [...results.children].forEach((item, at) => {
    if (item.id) item.setAttribute('aria-selected', String(at === current));
  });
  const item = results.children[current];
  if (item) {
    field.setAttribute('aria-activedescendant', item.id);
    item.scrollIntoView({ block: 'nearest' });
  } else field.removeAttribute('aria-activedescendant');
}

function closeResults() {
  results.hidden = true;
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}

function take(at) {
  const node = found[at];
  if (!node) return;
  closeResults();
  select(node.number, true);
}

field.addEventListener('input', showResults);
field.addEventListener('focus', () => {
  if (field.value.trim() !== '') showResults();
});
field.addEventListener('blur', closeResults);
field.addEventListener('keydown', (event) => {
  const last = Math.min(found.length, MOST_RESULTS) - 1;
  if (event.key === 'ArrowDown' && last >= 0) {
    current = current >= last ? 0 : current + 1;
    point();
    event.preventDefault();
  }
  if (event.key === 'ArrowUp' && last >= 0) {
    current = current <= 0 ? last : current - 1;
    point();
    event.preventDefault();
  }
  if (event.key === 'Enter') {
    take(current);
    event.preventDefault();
  }
  if (event.key === 'Escape') {
    event.stopPropagation();
    if (field.value === '') field.blur();
    field.value = '';
    showResults();
  }
});
