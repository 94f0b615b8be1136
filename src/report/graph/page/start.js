// Choices, zoom, dragging, keys; and the first picture.

const element = (id) => document.getElementById(id);

function showChoices() {
  element('target').value = chosen.target;
  element('only').value = chosen.only;
  element('links').value = chosen.links;
  for (const box of element('kinds').querySelectorAll('input')) box.checked = !chosen.hidden.has(box.value);
  element('kinds').querySelector('summary').textContent =
    chosen.hidden.size === 0 ? 'Kinds' : `Kinds (${chosen.hidden.size} hidden)`;
}

function choose(name, value) {
  chosen[name] = value;
  draw();
  say(`${count(seenNow.size, 'node')} shown`);
}

// The titles of the lanes stay in sight.
function holdTitles() {
  const titles = board.querySelector('.lanes');
  if (titles) titles.style.transform = `translateY(${view.scrollTop / chosen.zoom}px)`;
}

// Gives the scroll bars the size of the board as it is shown, and draws the links where things lie.
function fit() {
  board.style.transform = `scale(${chosen.zoom})`;
  board.style.width = `${Math.max(Math.floor(view.clientWidth / chosen.zoom), least)}px`;
  element('sizer').style.width = `${board.offsetWidth * chosen.zoom}px`;
  element('sizer').style.height = `${board.offsetHeight * chosen.zoom}px`;
  element('normal').textContent = `${Math.round(chosen.zoom * 100)}%`;
  holdTitles();
  drawWires();
}

// Changes the size; what lies at `point` of the view stays there.
function zoom(factor, point) {
  const before = chosen.zoom;
  chosen.zoom = factor === 0 ? 1 : Math.min(2, Math.max(0.25, before * factor));
  const x = point ? point.x : view.clientWidth / 2;
  const y = point ? point.y : view.clientHeight / 2;
  const [left, top] = [(view.scrollLeft + x) / before, (view.scrollTop + y) / before];
  fit();
  view.scrollTo({ left: left * chosen.zoom - x, top: top * chosen.zoom - y, behavior: 'instant' });
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  element('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
  element('theme').setAttribute('aria-label', name === 'dark' ? 'Switch to light colours' : 'Switch to dark colours');
}
const turn = () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');

function openAll(is) {
  data.bands.forEach((band) => chosen.open.set(band.number, is));
  draw();
}

// The card that lies next in a direction.
function step(from, key) {
  const here = from.getBoundingClientRect();
  const sideways = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 1;
  let best = null;
  for (const other of board.querySelectorAll('.card, .fold, .more')) {
    const there = other.getBoundingClientRect();
    const x = there.left - here.left;
    const y = there.top + there.height / 2 - here.top - here.height / 2;
    const ahead = (sideways ? x : y) * sign;
    const off = Math.abs(sideways ? y : x);
    const isTitle = other.classList.contains('fold');
    if (other === from || ahead < 4 || (sideways && isTitle)) continue;
    const far = sideways ? ahead + off * 4 : ahead + (isTitle ? 0 : off * 2);
    if (best === null || far < best.far) best = { far, other };
  }
  return best && best.other;
}

function escape() {
  if (element('kinds').open) {
    element('kinds').open = false;
    element('kinds').querySelector('summary').focus();
    return;
  }
  if (chosen.near > 0) {
    chosen.near = 0;
    select(chosen.selected, true);
    return;
  }
  if (chosen.selected !== null) {
    const last = chosen.selected;
    select(null);
    if (cards.has(last)) cards.get(last).focus({ preventScroll: true });
    else if (nodes[last].band) refocus(nodes[last].band.number);
    return;
  }
  Object.assign(chosen, { target: '', only: 'all', hidden: new Set() });
  showChoices();
  draw();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || element('help').open) return;
  const active = document.activeElement;
  const typing = active && ((active.tagName === 'INPUT' && active.type === 'search') || active.tagName === 'SELECT');
  if (event.key === 'Escape') {
    escape();
    return;
  }
  if (typing) return;
  if (event.key.startsWith('Arrow') && board.contains(active)) {
    const next = step(active, event.key);
    if (next) {
      next.focus();
      if (next.dataset.node) roving(Number(next.dataset.node));
      event.preventDefault();
    }
    return;
  }
  const keys = {
    '/': () => {
      field.focus();
      field.select();
    },
    f: nearer,
    e: () => openAll(true),
    c: () => openAll(false),
    '+': () => zoom(1.2),
    '=': () => zoom(1.2),
    '-': () => zoom(1 / 1.2),
    0: () => zoom(0),
    t: turn,
    '?': () => element('help').showModal(),
  };
  if (keys[event.key]) {
    keys[event.key]();
    event.preventDefault();
  }
});

view.addEventListener('scroll', holdTitles, { passive: true });

// Dragging the ground moves the view.
let held = null;
view.addEventListener('pointerdown', (event) => {
  if (event.button !== 0 || event.target.closest('button')) return;
  held = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
  view.classList.add('held');
});
window.addEventListener('pointermove', (event) => {
  if (held)
    view.scrollTo({
      left: held.left + held.x - event.clientX,
      top: held.top + held.y - event.clientY,
      behavior: 'instant',
    });
});
window.addEventListener('pointerup', () => {
  held = null;
  view.classList.remove('held');
});
view.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const room = view.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, { x: event.clientX - room.left, y: event.clientY - room.top });
  },
  { passive: false },
);

element('target').append(
  make('option', { value: '' }, 'all'),
  ...data.targets.map((name) => make('option', { value: name }, name)),
);
element('target').parentElement.hidden = data.targets.length < 2;
for (const name of data.classes.filter((own) => nodes.some((node) => node.class === own))) {
  const box = make('input', { type: 'checkbox', value: name, checked: '' });
  box.addEventListener('change', () => {
    if (box.checked) chosen.hidden.delete(name);
    else chosen.hidden.add(name);
    showChoices();
    draw();
  });
  element('kinds')
    .querySelector('.sheet')
    .append(make('label', {}, box, name));
}
for (const name of ['target', 'only', 'links'])
  element(name).addEventListener('change', (event) => choose(name, event.target.value));
document.addEventListener('pointerdown', (event) => {
  if (!event.target.closest('#kinds')) element('kinds').open = false;
});
element('expand').addEventListener('click', () => openAll(true));
element('collapse').addEventListener('click', () => openAll(false));
element('smaller').addEventListener('click', () => zoom(1 / 1.2));
element('larger').addEventListener('click', () => zoom(1.2));
element('normal').addEventListener('click', () => zoom(0));
element('theme').addEventListener('click', turn);
element('ask').addEventListener('click', () => element('help').showModal());
window.addEventListener('resize', fit);
window.addEventListener('hashchange', fromAddress);

function fromAddress() {
  let id = '';
  try {
    id = decodeURIComponent(location.hash.slice(1));
  } catch {
    return;
  }
  const node = nodes.find((one) => one.id === id);
  if (node && node.number !== chosen.selected) select(node.number);
}

theme(window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
draw();
// All lanes are seen at first, as long as what is in them can be read.
zoom(Math.min(1, Math.max(0.8, view.clientWidth / least)));
panel();
fromAddress();
